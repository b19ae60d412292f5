/*
 * A TURN server that says anything: messages with a length before each, to a
 * client that allocates, sends and waits. Its transaction ids are put into
 * answers, so that they are looked at.
 */
#include "core/base/mem.h"
#include "core/rtc/stun.h"
#include "core/rtc/turn.h"
#include "core/rtc/turn_uri.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
	struct turn *turn;
	uint8_t tid[12]; /* of the newest request */
	bool failed;
};

static void demand(bool ok)
{
	if (!ok)
		abort();
}

static void on_send(void *arg, const void *p, size_t n)
{
	struct world *w = arg;
	struct stun m;
	const uint8_t *u = p;
	if ((u[0] & 0xc0) == 0x40)
		return;
	demand(stun_parse(p, n, &m));
	if (m.cls == STUN_REQUEST)
		memcpy(w->tid, m.tid.b, sizeof(w->tid));
}

static void on_up(void *arg, const struct net_addr *relayed, const struct net_addr *mapped)
{
	(void)arg;
	(void)mapped;
	demand(relayed->family == 4 || relayed->family == 6);
}

static void on_data(void *arg, const struct net_addr *from, const void *p, size_t n)
{
	uint8_t copy[STUN_MESSAGE_MAX];
	(void)arg;
	demand(from->family && n <= sizeof(copy));
	memcpy(copy, p, n);
}

static void on_failed(void *arg, const struct err *why)
{
	struct world *w = arg;
	demand(!w->failed && why->msg[0]);
	w->failed = true;
}

static void one_message(struct world *w, int64_t now, const uint8_t *p, size_t n)
{
	/* Of its own size, so that reading beyond it is seen. */
	if (!n)
		return;
	uint8_t *exact = mem_dup(p, n);
	if (n >= 20 && (p[0] & 1))
		memcpy(exact + 8, w->tid, sizeof(w->tid));
	turn_receive(w->turn, now, exact, n);
	mem_free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world w = {0};
	struct net_addr peer = net_addr_make(4, "\x7f\0\0\1", 5000);
	struct turn_config c = {.username = "u",
				.password = "p",
				.stream = size & 1,
				.calls = {on_send, on_up, on_data, on_failed},
				.arg = &w};
	struct turn_uri uri;
	int64_t now = 1;
	turn_uri_parse((struct span){(const char *)data, size}, &uri, NULL);
	w.turn = turn_new(&c);
	turn_start(w.turn, now);
	while (size >= 2 && !w.failed) {
		size_t n = (size_t)(data[0] << 8 | data[1]) % 1700;
		data += 2;
		size -= 2;
		n = n > size ? size : n;
		one_message(&w, now, data, n);
		data += n;
		size -= n;
		turn_send(w.turn, now, &peer, "\x80o", 2);
		now += 1000;
		turn_tick(w.turn, now);
		demand(turn_deadline(w.turn) > now || w.failed);
	}
	turn_close(w.turn, now);
	turn_free(w.turn);
	return 0;
}
