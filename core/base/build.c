#include "core/base/build.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/sql.h"

#include <curl/curl.h>
#include <jansson.h>
#include <libwebsockets.h>
#include <openssl/crypto.h>
#include <utf8proc.h>
#include <uv.h>

struct build_library build_library(int i)
{
	const struct build_library rows[] = {
		{"libuv", uv_version_string(), N_("event loop")},
		{"libcurl", curl_version_info(CURLVERSION_NOW)->version, N_("HTTP client")},
		/* The header's number: asking the library would load it for nothing. */
		{"libwebsockets", LWS_LIBRARY_VERSION, N_("WebSocket client")},
		{"OpenSSL", OpenSSL_version(OPENSSL_FULL_VERSION_STRING), N_("TLS and digests")},
		{"SQLite", sql_version(), N_("storage")},
		{"jansson", jansson_version_str(), N_("JSON")},
		{"utf8proc", utf8proc_version(), N_("widths of characters")},
	};
	if (i < 0 || (size_t)i >= ARRAY_LEN(rows))
		return (struct build_library){NULL, NULL, NULL};
	return rows[i];
}

const char *build_compiler(void)
{
#if defined(__clang__)
	return "clang " __clang_version__;
#elif defined(__GNUC__)
	return "gcc " __VERSION__;
#else
	return "cc";
#endif
}
