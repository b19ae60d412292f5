#include "server/keys/signed.h"

#include "core/base/crypto.h"
#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "server/routes/route.h"

#include <string.h>

bool signed_structure_ok(const json_t *signatures)
{
	const char *user, *key_id;
	json_t *keys, *signature;
	if (!signatures)
		return true;
	if (!json_is_object(signatures))
		return false;
	json_object_foreach ((json_t *)signatures, user, keys) {
		if (!json_is_object(keys) || strlen(user) > LIMIT_ID_BYTES)
			return false;
		json_object_foreach (keys, key_id, signature)
			if (!json_is_string(signature) || strlen(key_id) > SIGNED_SIGNATURE_MAX ||
			    json_string_length(signature) > SIGNED_SIGNATURE_MAX)
				return false;
	}
	return true;
}

const char *signed_by(const json_t *object, const char *user_id, const char *key_id)
{
	const json_t *all = json_get_object(object, "signatures");
	return json_get_str(json_get_object(all, user_id), key_id);
}

/* What was signed. The caller owns it. */
static json_t *bare(const json_t *object)
{
	json_t *copy = json_copy((json_t *)object);
	json_object_del(copy, "signatures");
	json_object_del(copy, "unsigned");
	return copy;
}

static bool decode(const char *text, void *ret, size_t n)
{
	AUTO(buf_done) struct buf b = BUF_INIT(SIGNED_SIGNATURE_MAX);
	if (!text || !base64_decode(&b, span_of(text)) || b.n != n)
		return false;
	memcpy(ret, b.p, n);
	return true;
}

bool signed_verify(const json_t *object, const char *key, const char *signature)
{
	uint8_t public[32], bits[64];
	AUTO(buf_done) struct buf b = BUF_INIT(LIMIT_JSON_BODY);
	JSON_AUTO json_t *what = bare(object);
	if (!decode(key, public, sizeof(public)) || !decode(signature, bits, sizeof(bits)) ||
	    json_put_canonical(&b, what, NULL))
		return false;
	return crypto_ed25519_verify(public, buf_span(&b), bits);
}

void signed_add(json_t *object, const char *user_id, const char *key_id, const char *signature)
{
	json_t *all = json_get_object(object, "signatures");
	if (!all) {
		all = json_object();
		json_object_set_new(object, "signatures", all);
	}
	json_t *by = json_get_object(all, user_id);
	if (!by) {
		by = json_object();
		json_object_set_new(all, user_id, by);
	}
	json_object_set_new(by, key_id, json_string(signature));
}

bool signed_same(const json_t *a, const json_t *b)
{
	JSON_AUTO json_t *x = bare(a);
	JSON_AUTO json_t *y = bare(b);
	return json_equal(x, y);
}

int signed_text(const json_t *object, size_t max, struct buf *ret, struct err *err)
{
	struct err why;
	struct buf b = BUF_INIT(max + 1);
	int rc = json_put_canonical(&b, object, &why);
	if (!buf_ok(&b) || b.n > max)
		rc = matrix_err(err, 413, "M_TOO_LARGE",
				_("A key has at most %zu bytes with its signatures"), max);
	else if (rc)
		rc = matrix_err(err, 400, "M_BAD_JSON", "%s", why.msg);
	else
		buf_put_span(ret, buf_span(&b));
	buf_done(&b);
	return rc;
}
