#include "server/accounts/hash.h"

#include "core/base/crypto.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#include <argon2.h>
#include <stdio.h>
#include <sys/mman.h>

#define MEMORY_KIB 19456
#define PASSES 2
#define LANES 1
#define SALT_BYTES 16
#define HASH_BYTES 32

struct params {
	unsigned memory_kib, passes, lanes;
	uint8_t salt[64], hash[64];
	size_t salt_bytes, hash_bytes;
};

/* Straight from the system, and back: malloc would keep 19 MiB for ever. */
static int get_pages(uint8_t **memory, size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return ARGON2_MEMORY_ALLOCATION_ERROR;
	*memory = p;
	return ARGON2_OK;
}

static void give_pages(uint8_t *memory, size_t n)
{
	munmap(memory, n);
}

static void run(struct span password, const struct params *p, uint8_t *ret)
{
	argon2_context c = {
		.out = ret,
		.outlen = (uint32_t)p->hash_bytes,
		.pwd = (uint8_t *)(password.p ? password.p : ""),
		.pwdlen = (uint32_t)password.n,
		.salt = (uint8_t *)p->salt,
		.saltlen = (uint32_t)p->salt_bytes,
		.t_cost = p->passes,
		.m_cost = p->memory_kib,
		.lanes = p->lanes,
		.threads = 1,
		.version = ARGON2_VERSION_13,
		.allocate_cbk = get_pages,
		.free_cbk = give_pages,
	};
	int rc = argon2id_ctx(&c);
	if (rc != ARGON2_OK) {
		log_error("argon2: %s", argon2_error_message(rc));
		abort();
	}
}

static void fresh(struct params *p)
{
	*p = (struct params){.memory_kib = MEMORY_KIB,
			     .passes = PASSES,
			     .lanes = LANES,
			     .salt_bytes = SALT_BYTES,
			     .hash_bytes = HASH_BYTES};
	crypto_random(p->salt, SALT_BYTES);
}

void hash_make(struct span password, char ret[HASH_TEXT_SIZE])
{
	struct params p;
	struct buf b = BUF_INIT(HASH_TEXT_SIZE);
	fresh(&p);
	run(password, &p, p.hash);
	buf_printf(&b, "$argon2id$v=19$m=%u,t=%u,p=%u$", p.memory_kib, p.passes, p.lanes);
	base64_put_unpadded(&b, p.salt, p.salt_bytes);
	buf_put_char(&b, '$');
	base64_put_unpadded(&b, p.hash, p.hash_bytes);
	snprintf(ret, HASH_TEXT_SIZE, "%s", buf_str(&b));
	buf_done(&b);
	mem_wipe(&p, sizeof(p));
}

static bool get_base64(struct span s, uint8_t *ret, size_t size, size_t *ret_n)
{
	struct buf b = BUF_INIT(size);
	bool ok = base64_decode(&b, s) && b.n > 0;
	if (ok) {
		memcpy(ret, b.p, b.n);
		*ret_n = b.n;
	}
	buf_done(&b);
	return ok;
}

/* The caps keep a tampered database from taking all memory. */
static bool parse(const char *encoded, struct params *p)
{
	int at = 0;
	if (!encoded ||
	    sscanf(encoded, "$argon2id$v=19$m=%u,t=%u,p=%u$%n", &p->memory_kib, &p->passes,
		   &p->lanes, &at) != 3 ||
	    at == 0)
		return false;
	if (p->memory_kib < 8 || p->memory_kib > 1 << 20 || p->passes < 1 || p->passes > 100 ||
	    p->lanes < 1 || p->lanes > 16 || p->memory_kib < 8 * p->lanes)
		return false;
	struct span salt, rest = span_of(encoded + at);
	return span_split(&rest, '$', &salt) &&
	       get_base64(salt, p->salt, sizeof(p->salt), &p->salt_bytes) && p->salt_bytes >= 8 &&
	       get_base64(rest, p->hash, sizeof(p->hash), &p->hash_bytes) && p->hash_bytes >= 4;
}

bool hash_check(struct span password, const char *encoded)
{
	struct params p = {0};
	uint8_t got[64];
	bool known = parse(encoded, &p);
	if (!known)
		fresh(&p);
	run(password, &p, got);
	bool match = crypto_equal(got, p.hash, p.hash_bytes) && known;
	mem_wipe(&p, sizeof(p));
	mem_wipe(got, sizeof(got));
	return match;
}
