#include "tests/lib/asking.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/json.h"
#include "core/base/mem.h"

#include <stdio.h>

const char *at(const char *fmt, ...)
{
	static char path[2048];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	assert_in_range(n, 1, sizeof(path) - 1);
	return path;
}

char *text_of(json_t *steal, const char *key)
{
	char *s = mem_strdup(json_get_str(steal, key));
	json_decref(steal);
	assert_non_null(s);
	return s;
}

char *openid_of(struct test_server *t, const char *name, const char *token)
{
	json_t *j = test_json(t, 200, "POST",
			      at(V3 "user/@%s:localhost/openid/request_token", name), token, "{}");
	char *s = json_text(j);
	json_decref(j);
	return s;
}
