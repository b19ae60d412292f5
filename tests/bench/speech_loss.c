/*
 * Speech through a bad network: a file is encoded, packets are lost and come
 * late, what is heard becomes another file. Without a clock: as fast as it goes.
 *
 *   speech_loss IN.wav OUT.wav LOSS_PERCENT JITTER_MS FEC(0|1) SEED
 *
 * Prints how many packets were lost, how many of them FEC gave back, and the
 * longest silence in the middle of what was said, in ms.
 */
#include "audio/opus.h"
#include "audio/sound_file.h"
#include "audio/stream.h"
#include "core/base/mem.h"

#include <stdio.h>
#include <stdlib.h>

#define ON_WAY 64
#define SECONDS_MAX 60

struct packet {
	uint8_t p[OPUS_PACKET_MAX];
	int n, seq;
	int64_t arrival;
};

static int16_t said[48000 * SECONDS_MAX], heard[48000 * SECONDS_MAX];
static struct packet way[ON_WAY];
static int on_way;

static void die(const struct err *err)
{
	fprintf(stderr, "speech_loss: %s\n", err->msg);
	exit(1);
}

static void arrive(struct stream *s, int64_t now)
{
	for (int i = 0; i < on_way; i++) {
		if (way[i].arrival > now)
			continue;
		struct jitter_packet p = {
			.seq = (uint16_t)way[i].seq,
			.timestamp = (uint32_t)way[i].seq * AUDIO_TICK_SAMPLES,
			.arrival_ns = way[i].arrival,
			.payload = {(char *)way[i].p, (size_t)way[i].n},
		};
		stream_put(s, &p);
		way[i--] = way[--on_way];
	}
}

/* Longest stretch in which something was said and nothing was heard. */
static int longest_gap_ms(int n, int delay)
{
	int run = 0, longest = 0;
	for (int at = 0; at + 480 <= n - delay; at += 480) {
		bool spoke = audio_level_dbov(said + at, 480) < 45;
		bool silent = audio_level_dbov(heard + at + delay, 480) > 65;
		run = spoke && silent ? run + 10 : 0;
		longest = run > longest ? run : longest;
	}
	return longest;
}

static int play(struct opus_enc *enc, struct stream *s, int n, int loss_pct, int jitter_ms)
{
	int ticks = n / AUDIO_TICK_SAMPLES;
	for (int k = 0; k < ticks; k++) {
		int64_t now = k * AUDIO_TICK_NS;
		struct packet *p = &way[on_way];
		p->n = opus_enc_run(enc, said + (ptrdiff_t)k * AUDIO_TICK_SAMPLES, p->p);
		p->seq = k;
		p->arrival = now + (jitter_ms ? rand() % jitter_ms : 0) * 1000000LL;
		if (rand() % 100 >= loss_pct && on_way < ON_WAY - 1)
			on_way++;
		arrive(s, now);
		stream_pull(s, now, heard + (ptrdiff_t)k * AUDIO_TICK_SAMPLES);
	}
	return ticks * AUDIO_TICK_SAMPLES;
}

int main(int argc, char **argv)
{
	struct err err = {0};
	struct sound_reader *r;
	struct sound_writer *w;
	struct stream *s;
	struct opus_enc *enc;
	struct jitter_stats st;
	if (argc != 7)
		return 2;
	int64_t loss, jitter, seed;
	if (!span_i64(span_of(argv[3]), &loss) || !span_i64(span_of(argv[4]), &jitter) ||
	    !span_i64(span_of(argv[6]), &seed))
		return 2;
	struct opus_settings o = {.complexity = -1,
				  .fec = argv[5][0] == '1',
				  .loss_pct = (int)loss,
				  .dtx = true};
	srand((unsigned)seed);
	if (sound_reader_open(argv[1], &r, &err) || opus_enc_new(&o, &enc, &err) ||
	    stream_new(&s, &err))
		die(&err);
	int n = play(enc, s, sound_reader_read(r, said, 48000 * SECONDS_MAX), (int)loss,
		     (int)jitter);
	if (sound_writer_open(argv[2], &w, &err) || sound_writer_write(w, heard, n, &err) ||
	    sound_writer_close(w, &err))
		die(&err);
	stream_stats(s, &st);
	printf("{\"lost\":%lld,\"fec\":%lld,\"target_ms\":%d,\"gap_ms\":%d}\n", (long long)st.lost,
	       (long long)st.fec, st.target_ms, longest_gap_ms(n, st.target_ms * 48 + 312));
	stream_free(s);
	opus_enc_free(enc);
	sound_reader_free(r);
	return 0;
}
