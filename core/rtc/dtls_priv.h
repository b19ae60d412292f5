/* Between dtls.c and dtls_cert.c. */
#ifndef MUSTER_RTC_DTLS_PRIV_H
#define MUSTER_RTC_DTLS_PRIV_H

#include "core/rtc/dtls.h"

#include <openssl/ssl.h>

/* Settings shared by all sessions of a certificate. Borrowed. */
SSL_CTX *dtls_cert_ctx(const struct dtls_cert *c);

#endif
