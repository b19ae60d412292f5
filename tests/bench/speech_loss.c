/*
 * Speech through a bad network without a clock: as fast as it goes, the same
 * each time. A file is encoded, packets have the fates of netimpair, what is
 * missing is asked for as peers do, the receiver's reports steer FEC, and
 * what is heard becomes another file, sample for sample in time.
 *
 *   speech_loss IN.wav OUT.wav SPEC RTT_MS SEED [COPIES]
 *
 * COPIES: each packet also holds so many of those before it, as RED (RFC 2198) would; we send none.
 * SPEC: tests/lib/netimpair/impair.h, without rate; its delay is RTT_MS / 2 by itself.
 * Prints counts as JSON.
 */
#include "audio/opus.h"
#include "audio/sound_file.h"
#include "audio/stream.h"
#include "core/base/mem.h"
#include "core/rtc/rtp_receiver.h"
#include "tests/lib/netimpair/impair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECONDS_MAX 60
#define PACKETS_MAX (SECONDS_MAX * 50)
#define EVENTS_MAX 4096
#define MS 1000000LL
#define LISTEN_AT 7 /* ms: the two clocks do not tick together */
#define REPORT_MS 1000

struct packet {
	uint8_t p[OPUS_PACKET_MAX];
	int n;
};

/* Something that is under way: a packet to who listens, or the wish for one. */
struct event {
	int64_t at_ns;
	int number;
	bool wish;
};

struct world {
	struct packet packets[PACKETS_MAX];
	struct event events[EVENTS_MAX];
	int events_n;
	struct impair net;
	int64_t last_ns; /* order is kept */
	int rtt_ms;
	struct opus_enc *enc;
	struct stream *stream;
	struct rtp_receiver receiver;
	double loss;		/* that the encoder protects against */
	int64_t missed, played; /* at the last report */
	int asked, sent, lost;
	int copies;
	bool arrived[PACKETS_MAX];
};

static int16_t said[48000 * SECONDS_MAX], heard[48000 * SECONDS_MAX];
static struct world world;

static void die(const char *what)
{
	fprintf(stderr, "speech_loss: %s\n", what);
	exit(1);
}

static void later(struct world *w, int64_t at_ns, int number, bool wish)
{
	if (w->events_n == EVENTS_MAX)
		die("too much is under way");
	w->events[w->events_n++] = (struct event){at_ns, number, wish};
}

/* The earliest event until then; false: none. */
static bool next_event(struct world *w, int64_t until_ns, struct event *ret)
{
	int best = -1;
	for (int i = 0; i < w->events_n; i++)
		if (w->events[i].at_ns <= until_ns &&
		    (best < 0 || w->events[i].at_ns < w->events[best].at_ns))
			best = i;
	if (best < 0)
		return false;
	*ret = w->events[best];
	w->events_n--;
	memmove(&w->events[best], &w->events[best + 1],
		(size_t)(w->events_n - best) * sizeof(w->events[0]));
	return true;
}

static bool is_cut(const struct world *w, int64_t now_ns)
{
	const struct impair_spec *s = &w->net.spec;
	bool cut = false;
	for (size_t i = 0; i < s->cuts_n; i++)
		cut |= now_ns >= s->cuts[i].from_ms * MS && now_ns < s->cuts[i].until_ms * MS;
	return cut;
}

static void send_packet(struct world *w, int64_t now_ns, int number)
{
	struct impair_fate f;
	impair_next(&w->net, IMPAIR_RTP, &f);
	f.lost |= is_cut(w, now_ns);
	int64_t at = now_ns + w->rtt_ms * MS / 2 + (int64_t)(f.delay_ms * 1e6);
	w->sent++;
	w->lost += f.lost;
	if (f.lost)
		return;
	if (!f.reordered)
		w->last_ns = at = at > w->last_ns ? at : w->last_ns;
	later(w, at, number, false);
}

static void ask(struct world *w, int64_t now_ns)
{
	const struct rtp_nack_way way = {w->rtt_ms, RTP_NACK_PATIENCE_MS};
	uint16_t seq[RTP_NACK_MAX];
	size_t n = rtp_receiver_nacks(&w->receiver, now_ns / MS, &way, seq, RTP_NACK_MAX);
	for (size_t i = 0; i < n; i++)
		later(w, now_ns + w->rtt_ms * MS / 2, seq[i], true);
	w->asked += (int)n;
}

static void have(struct world *w, int64_t at_ns, int number)
{
	struct packet *k = &w->packets[number];
	struct jitter_packet p = {
		.seq = (uint16_t)number,
		.timestamp = (uint32_t)number * AUDIO_TICK_SAMPLES,
		.arrival_ns = at_ns,
		.payload = {(char *)k->p, (size_t)k->n},
	};
	w->arrived[number] = true;
	if (rtp_receiver_add(&w->receiver, at_ns / MS, p.seq, p.timestamp))
		stream_put(w->stream, &p);
}

/* The newest first: what it brings along was missed only if it is not there yet. */
static void arrive(struct world *w, const struct event *e)
{
	have(w, e->at_ns, e->number);
	for (int i = 1; i <= w->copies && i <= e->number; i++)
		if (!w->arrived[e->number - i])
			have(w, e->at_ns, e->number - i);
	ask(w, e->at_ns);
}

static void events_until(struct world *w, int64_t now_ns)
{
	struct event e;
	while (next_event(w, now_ns, &e)) {
		if (e.wish)
			send_packet(w, e.at_ns, e.number);
		else
			arrive(w, &e);
	}
}

/* As core/call/session.c does. */
static void report(struct world *w, int64_t now_ns)
{
	struct rtcp_report r;
	rtp_receiver_report(&w->receiver, now_ns / MS, &r);
	struct jitter_stats st;
	stream_stats(w->stream, &st);
	int64_t missed = st.lost - w->missed, all = missed + st.played - w->played;
	double told = r.fraction_lost / 256.0, late = all > 0 ? (double)missed / (double)all : 0;
	told = told > late ? told : late;
	w->missed = st.lost;
	w->played = st.played;
	w->loss += (told - w->loss) * (told > w->loss ? 0.5 : 0.15);
	opus_enc_set(w->enc, 0, (int)(w->loss * 100 + 0.5));
}

static void millisecond(struct world *w, int ms, int ticks)
{
	int64_t now = ms * MS;
	if (ms % AUDIO_TICK_MS == 0 && ms / AUDIO_TICK_MS < ticks) {
		int k = ms / AUDIO_TICK_MS;
		w->packets[k].n = opus_enc_run(w->enc, said + (ptrdiff_t)k * AUDIO_TICK_SAMPLES,
					       w->packets[k].p);
		send_packet(w, now, k);
	}
	events_until(w, now);
	if (ms % AUDIO_TICK_MS == LISTEN_AT) {
		ask(w, now);
		stream_pull(w->stream, now,
			    heard + (ptrdiff_t)(ms / AUDIO_TICK_MS) * AUDIO_TICK_SAMPLES);
	}
	if (ms % REPORT_MS == REPORT_MS - 1)
		report(w, now);
}

static void open_world(struct world *w, const char *spec, const char *rtt, const char *seed)
{
	const struct opus_settings o = {.complexity = -1, .fec = true};
	struct impair_spec s;
	struct err err = {0};
	const char *wrong = impair_parse(spec, &s);
	if (wrong)
		die(wrong);
	if (opus_enc_new(&o, &w->enc, &err) || stream_new(&w->stream, &err))
		die(err.msg);
	impair_init(&w->net, strtoull(seed, NULL, 10), &s);
	rtp_receiver_init(&w->receiver, 1, AUDIO_RATE_HZ);
	w->rtt_ms = (int)strtol(rtt, NULL, 10);
}

static void print(struct world *w)
{
	struct jitter_stats st;
	stream_stats(w->stream, &st);
	printf("{\"sent\":%d,\"lost\":%d,\"asked\":%d,\"late\":%lld,\"missed\":%lld,\"fec\":%lld,"
	       "\"made_up_ms\":%lld,\"stretched\":%lld,\"target_ms\":%d,\"delay_ms\":%d,"
	       "\"protect\":%d,\"listen_ms\":%d}\n",
	       w->sent, w->lost, w->asked, (long long)st.late, (long long)st.lost,
	       (long long)st.fec, (long long)st.concealed_samples / AUDIO_SAMPLES_PER_MS,
	       (long long)st.stretched_samples, st.target_ms, st.delay_ms,
	       (int)(w->loss * 100 + 0.5), LISTEN_AT);
}

int main(int argc, char **argv)
{
	struct world *w = &world;
	struct err err = {0};
	struct sound_reader *r;
	struct sound_writer *out;
	if (argc < 6 || argc > 7)
		return 2;
	w->copies = argc == 7 ? (int)strtol(argv[6], NULL, 10) : 0;
	open_world(w, argv[3], argv[4], argv[5]);
	if (sound_reader_open(argv[1], &r, &err))
		die(err.msg);
	int most = AUDIO_RATE_HZ * (SECONDS_MAX - 1), n = sound_reader_read(r, said, most);
	int ticks = n / AUDIO_TICK_SAMPLES, until = ticks + 1000 / AUDIO_TICK_MS;
	for (int ms = 0; ms < until * AUDIO_TICK_MS; ms++)
		millisecond(w, ms, ticks);
	if (sound_writer_open(argv[2], &out, &err) ||
	    sound_writer_write(out, heard, until * AUDIO_TICK_SAMPLES, &err) ||
	    sound_writer_close(out, &err))
		die(err.msg);
	print(w);
	stream_free(w->stream);
	opus_enc_free(w->enc);
	sound_reader_free(r);
	return 0;
}
