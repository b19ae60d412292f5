/* Drivers and sound files: round trips measured, pipes paced, recordings that survive kill -9. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "audio/driver.h"
#include "audio/lib_sndfile.h"
#include "audio/recorder.h"
#include "audio/sound_file.h"
#include "core/base/fs.h"
#include "core/base/mem.h"
#include "tests/lib/tmpdir.h"
#include "tests/lib/tone.h"

#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char dir[256];

static int set_up(void **state)
{
	(void)state;
	tmpdir_make(dir);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	tmpdir_remove(dir);
	return 0;
}

/* -- Files -------------------------------------------------------------------- */

static int read_all(const char *path, int16_t *pcm, int max)
{
	struct sound_reader *r;
	struct err err = {0};
	int n = 0, got;
	if (sound_reader_open(path, &r, &err))
		fail_msg("%s", err.msg);
	while (n < max && (got = sound_reader_read(r, pcm + n, max - n < 777 ? max - n : 777)) > 0)
		n += got;
	sound_reader_free(r);
	return n;
}

static void round_trip(const char *name, double tolerance)
{
	static int16_t in[96000], out[120000];
	AUTO_FREE char *path = fs_join(dir, name);
	struct sound_writer *w;
	struct stat st;
	tone_make(in, 96000, 440, 8000, 0);
	assert_true(sound_writer_can(path));
	assert_int_equal(sound_writer_open(path, &w, NULL), 0);
	for (int at = 0; at < 96000; at += 960)
		assert_int_equal(sound_writer_write(w, in + at, 960, NULL), 0);
	assert_int_equal(sound_writer_close(w, NULL), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	int n = read_all(path, out, 120000);
	assert_int_equal(n, 96000);
	assert_float_equal(tone_frequency(out + 4800, 80000, 48000), 440, 1);
	assert_float_equal(tone_rms(out + 4800, 80000), 8000 / sqrt(2), tolerance);
}

static void test_round_trips(void **state)
{
	(void)state;
	round_trip("a.wav", 5);
	round_trip("a.opus", 300);
	round_trip("B.OGG", 300);
}

/* 44.1 kHz, two channels of which one is silent: half as loud, same pitch. */
static void test_other_shapes(void **state)
{
	static int16_t out[60000];
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	const int rate = 44100;
	uint32_t data = 44100 * 4;
	uint32_t head[] = {0x46464952, 36 + data, 0x45564157, 0x20746d66, 16,  0x00020001,
			   44100,      44100 * 4, 0x00100004, 0x61746164, data};
	struct sound_reader *r;
	struct sound_info info;
	(void)state;
	buf_put(&b, head, sizeof(head));
	for (int i = 0; i < rate; i++) {
		int16_t v[2] = {(int16_t)lrint(8000 * sin(2 * M_PI * 440 * i / rate)), 0};
		buf_put(&b, v, sizeof(v));
	}
	assert_int_equal(sound_reader_open_memory(buf_span(&b), &r, NULL), 0);
	sound_reader_info(r, &info);
	assert_int_equal(info.rate_hz, 44100);
	assert_int_equal(info.channels, 2);
	assert_int_equal(info.duration_ms, 1000);
	int n = sound_reader_read(r, out, 60000);
	assert_in_range(n, 47900, 48100);
	assert_int_equal(sound_reader_read(r, out + n, 100), 0);
	assert_float_equal(tone_frequency(out + 2400, 43000, 48000), 440, 1);
	assert_float_equal(tone_rms(out + 2400, 43000), 4000 / sqrt(2), 30);
	sound_reader_free(r);
	buf_done(&b);
}

/* As another program would have written it: two channels, the second silent. */
static void foreign(const char *name, int format, int rate)
{
	const struct lib_sndfile *lib = lib_sndfile(NULL);
	SF_INFO info = {.samplerate = rate, .channels = 2, .format = format};
	AUTO_FREE char *path = fs_join(dir, name);
	static int16_t out[48000 * 3];
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	SNDFILE *sf = lib->sf_open_fd(fd, SFM_WRITE, &info, SF_TRUE);
	struct sound_reader *r;
	struct sound_info got;
	assert_non_null(sf);
	lib->sf_command(sf, SFC_SET_SCALE_INT_FLOAT_WRITE, NULL, SF_TRUE);
	for (int i = 0; i < 2 * rate; i++) {
		short pcm[2] = {(short)lrint(8192 * sin(2 * M_PI * 440 * i / rate)), 0};
		assert_int_equal(lib->sf_writef_short(sf, pcm, 1), 1);
	}
	assert_int_equal(lib->sf_close(sf), 0);
	assert_int_equal(sound_reader_open(path, &r, NULL), 0);
	sound_reader_info(r, &got);
	assert_int_equal(got.channels, 2);
	assert_int_equal(got.duration_ms, 2000);
	sound_reader_free(r);
	int n = read_all(path, out, 48000 * 3);
	assert_in_range(n, 96000 - 100, 96000 + 100);
	assert_float_equal(tone_frequency(out + 4800, 80000, 48000), 440, 1);
	assert_float_equal(tone_rms(out + 4800, 80000), 4096 / sqrt(2), 150);
}

static void test_files_of_others(void **state)
{
	(void)state;
	foreign("x.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 44100);
	foreign("x.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_24, 48000);
	foreign("x.ogg", SF_FORMAT_OGG | SF_FORMAT_OPUS, 24000);
	foreign("x.oga", SF_FORMAT_OGG | SF_FORMAT_VORBIS, 32000);
	foreign("x.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 8000);
	foreign("x.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_24, 96000);
	foreign("x.aiff", SF_FORMAT_AIFF | SF_FORMAT_PCM_16, 22050);
}

static void test_wrong_files(void **state)
{
	AUTO_FREE char *text = fs_join(dir, "text.wav"), *none = fs_join(dir, "none.wav");
	AUTO_FREE char *fifo = fs_join(dir, "fifo"), *mp3 = fs_join(dir, "x.mp3");
	struct sound_reader *r = NULL;
	struct sound_writer *w = NULL;
	struct err err = {0};
	(void)state;
	assert_int_equal(fs_write_atomic(text, SPAN_LIT("no sound at all"), 0600, NULL), 0);
	assert_int_equal(sound_reader_open(text, &r, &err), ERR_INVALID);
	assert_non_null(strstr(err.msg, "text.wav"));
	assert_int_equal(sound_reader_open(none, &r, &err), ERR_NOT_FOUND);
	assert_int_equal(sound_reader_open(dir, &r, &err), ERR_INVALID);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	/* Does not wait for a writer. */
	assert_int_equal(sound_reader_open(fifo, &r, &err), ERR_INVALID);
	assert_int_equal(sound_writer_open(mp3, &w, &err), ERR_USAGE);
	assert_non_null(strstr(err.hint, ".opus"));
	assert_false(fs_exists(mp3));
	assert_int_equal(sound_writer_open("/proc/none/x.wav", &w, &err), ERR_NOT_FOUND);
	assert_null(r);
	assert_null(w);
}

/* A process that records and is killed leaves a file that plays. */
static void killed(const char *name)
{
	static int16_t pcm[48000 * 4], out[48000 * 5];
	AUTO_FREE char *path = fs_join(dir, name);
	int ready[2];
	char c;
	assert_int_equal(pipe(ready), 0);
	pid_t child = fork();
	if (child == 0) {
		struct recorder *r;
		struct timespec nap = {0, 5000000};
		tone_make(pcm, 48000 * 4, 440, 8000, 0);
		if (recorder_new(path, false, &r, NULL))
			_exit(1);
		for (int at = 0; at < 48000 * 4; at += 960)
			recorder_write(r, pcm + at, 960);
		while (recorder_written(r) < 48000 * 4 - 960)
			nanosleep(&nap, NULL);
		if (write(ready[1], "x", 1) != 1)
			_exit(1);
		pause();
	}
	assert_true(child > 0);
	assert_int_equal(read(ready[0], &c, 1), 1);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(ready[0]);
	close(ready[1]);
	int n = read_all(path, out, 48000 * 5);
	/* All but the last second, at worst. */
	if (n < 48000 * 3)
		fail_msg("%s: only %d samples of %d are left", name, n, 48000 * 4);
	assert_float_equal(tone_frequency(out + 4800, 96000, 48000), 440, 1);
}

static void test_recording_survives_kill(void **state)
{
	(void)state;
	killed("k.wav");
	killed("k.opus");
}

/* -- Drivers ------------------------------------------------------------------------ */

static struct audio_dev open_dev(const char *spec, enum audio_direction dir_)
{
	struct audio_dev d;
	struct err err = {0};
	if (audio_dev_open(spec, dir_, true, &d, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(d.driver->start(d.dev, NULL), 0);
	return d;
}

static void refused(const char *spec, enum audio_direction dir_, int code, const char *part)
{
	struct audio_dev d = {0};
	struct err err = {0};
	assert_int_equal(audio_dev_open(spec, dir_, true, &d, &err), code);
	if (!strstr(err.msg, part))
		fail_msg("\"%s\" lacks \"%s\"", err.msg, part);
	assert_null(d.driver);
	audio_dev_close(&d);
}

static void test_specs(void **state)
{
	(void)state;
	refused("gramophone", AUDIO_CAPTURE, ERR_USAGE, "gramophone");
	refused("tone:440", AUDIO_PLAYBACK, ERR_USAGE, "tone");
	refused("tone:99999", AUDIO_CAPTURE, ERR_USAGE, "tone:HZ,DB");
	refused("tone:x", AUDIO_CAPTURE, ERR_USAGE, "tone:HZ,DB");
	refused("file:", AUDIO_CAPTURE, ERR_USAGE, "name");
	refused("pipe:x", AUDIO_CAPTURE, ERR_USAGE, "descriptor");
	refused("pipe:987", AUDIO_CAPTURE, ERR_USAGE, "987");
	refused("pipe:0@s16be:48000:1", AUDIO_CAPTURE, ERR_USAGE, "s16be");
	refused("pipe:0@s16le:48000:9", AUDIO_CAPTURE, ERR_USAGE, "s16le");
	refused("pipe:0@s16le:48000", AUDIO_CAPTURE, ERR_USAGE, "s16le");
	refused("null:volume=11", AUDIO_CAPTURE, ERR_USAGE, "volume");
	for (int i = 0; audio_driver_at(i); i++)
		assert_ptr_equal(audio_driver_find(audio_driver_at(i)->name), audio_driver_at(i));
	assert_null(audio_driver_find("none"));
}

static void test_tone(void **state)
{
	int16_t pcm[9600];
	struct audio_dev d = open_dev("tone:1000,-6", AUDIO_CAPTURE);
	(void)state;
	for (int at = 0; at < 9600; at += 960)
		assert_int_equal(d.driver->read(d.dev, 0, pcm + at, 960), 960);
	assert_float_equal(tone_frequency(pcm, 9600, 48000), 1000, 0.1);
	assert_float_equal(tone_rms(pcm, 9600), 32767 * 0.5012 / sqrt(2), 20);
	audio_dev_close(&d);
}

static void test_file_driver(void **state)
{
	static int16_t pcm[48000 + 960];
	AUTO_FREE char *path = fs_join(dir, "driver.wav"), *spec = mem_printf("file:%s", path);
	struct audio_dev out = open_dev(spec, AUDIO_PLAYBACK);
	int n = 0, got;
	(void)state;
	tone_make(pcm, 48000, 440, 8000, 0);
	for (int at = 0; at < 48000; at += 960)
		out.driver->write(out.dev, 0, pcm + at, 960);
	audio_dev_close(&out);
	/* With its reading thread, as in a call: the end comes after the last sample. */
	struct audio_dev in;
	assert_int_equal(audio_dev_open(spec, AUDIO_CAPTURE, false, &in, NULL), 0);
	assert_int_equal(in.driver->start(in.dev, NULL), 0);
	memset(pcm, 0, sizeof(pcm));
	while ((got = in.driver->read(in.dev, 0, pcm + n, 960)) != AUDIO_END) {
		n += got;
		assert_true(n <= 48000);
	}
	assert_int_equal(n, 48000);
	assert_float_equal(tone_frequency(pcm, n, 48000), 440, 0.1);
	audio_dev_close(&in);
}

static void test_pipe_capture(void **state)
{
	int fds[2];
	int16_t stereo[960 * 2], pcm[960];
	struct audio_counts c;
	(void)state;
	assert_int_equal(pipe(fds), 0);
	AUTO_FREE char *spec = mem_printf("pipe:%d@s16le:48000:2", fds[0]);
	struct audio_dev d = open_dev(spec, AUDIO_CAPTURE);
	/* Nothing there: no waiting. */
	assert_int_equal(d.driver->read(d.dev, 0, pcm, 960), 0);
	for (int i = 0; i < 960; i++) {
		stereo[2 * i] = (int16_t)(i * 2);
		stereo[2 * i + 1] = (int16_t)(i * 4);
	}
	/* Cut in the middle of a sample. */
	assert_int_equal(write(fds[1], stereo, 1001), 1001);
	assert_int_equal(d.driver->read(d.dev, 0, pcm, 960), 250);
	assert_int_equal(pcm[249], 249 * 3);
	assert_int_equal(write(fds[1], (char *)stereo + 1001, sizeof(stereo) - 1001),
			 (int)sizeof(stereo) - 1001);
	close(fds[1]);
	int n = d.driver->read(d.dev, 0, pcm, 960);
	assert_int_equal(n, 710);
	for (int i = 0; i < n; i++)
		assert_int_equal(pcm[i], (250 + i) * 3);
	assert_int_equal(d.driver->read(d.dev, 0, pcm, 960), AUDIO_END);
	d.driver->counts(d.dev, &c);
	assert_int_equal(c.samples, 960);
	audio_dev_close(&d);
	close(fds[0]);
}

/* The reader of a pipe sets the pace: a writer cannot run ahead by more than the pipe holds. */
static void test_pipe_capture_is_paced(void **state)
{
	int fds[2];
	int16_t pcm[960] = {0};
	long taken = 0, written = 0;
	(void)state;
	assert_int_equal(pipe(fds), 0);
	AUTO_FREE char *spec = mem_printf("pipe:%d", fds[0]);
	struct audio_dev d = open_dev(spec, AUDIO_CAPTURE);
	assert_int_equal(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
	for (int tick = 0; tick < 100; tick++) {
		ssize_t n;
		while ((n = write(fds[1], pcm, sizeof(pcm))) > 0)
			written += n / 2;
		taken += d.driver->read(d.dev, 0, pcm, 960);
	}
	assert_int_equal(taken, 96000);
	assert_true(written - taken <= 2 * 65536);
	audio_dev_close(&d);
	close(fds[0]);
	close(fds[1]);
}

static void test_pipe_playback_drops_for_slow_reader(void **state)
{
	int fds[2];
	int16_t pcm[960], got[960];
	struct audio_counts c;
	long read_samples = 0;
	(void)state;
	assert_int_equal(pipe(fds), 0);
	AUTO_FREE char *spec = mem_printf("pipe:%d@s16le:48000:1", fds[1]);
	struct audio_dev d = open_dev(spec, AUDIO_PLAYBACK);
	/* Nobody reads for four seconds. */
	for (int tick = 0; tick < 200; tick++) {
		for (int i = 0; i < 960; i++)
			pcm[i] = (int16_t)tick;
		d.driver->write(d.dev, 0, pcm, 960);
	}
	d.driver->counts(d.dev, &c);
	assert_true(c.overruns > 96000);
	assert_int_equal(c.samples + c.overruns, 200 * 960);
	/* What is read is whole ticks in order, and after the jam the newest. */
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	int last = -1;
	for (int tick = 200; tick < 300; tick++) {
		ssize_t n;
		while ((n = read(fds[0], got, sizeof(got))) > 0) {
			for (ssize_t i = 0; i < n / 2; i++) {
				assert_true(got[i] >= last);
				last = got[i];
			}
			read_samples += n / 2;
		}
		for (int i = 0; i < 960; i++)
			pcm[i] = (int16_t)tick;
		d.driver->write(d.dev, 0, pcm, 960);
	}
	assert_true(last >= 297);
	d.driver->counts(d.dev, &c);
	assert_true(c.samples - read_samples < 16384);
	close(fds[0]);
	/* The reader is gone: dropped, no signal. */
	d.driver->write(d.dev, 0, pcm, 960);
	d.driver->write(d.dev, 0, pcm, 960);
	audio_dev_close(&d);
	close(fds[1]);
}

static void test_pipe_other_rate(void **state)
{
	int fds[2];
	static int16_t pcm[48000], got[60000];
	int n = 0;
	(void)state;
	assert_int_equal(pipe(fds), 0);
	AUTO_FREE char *spec = mem_printf("pipe:%d@s16le:16000:1", fds[1]);
	struct audio_dev d = open_dev(spec, AUDIO_PLAYBACK);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	tone_make(pcm, 48000, 440, 8000, 0);
	for (int at = 0; at < 48000; at += 960) {
		ssize_t r;
		d.driver->write(d.dev, 0, pcm + at, 960);
		while ((r = read(fds[0], got + n, 4096)) > 0)
			n += (int)r / 2;
	}
	assert_in_range(n, 15900, 16000);
	assert_float_equal(tone_frequency(got + 800, n - 1600, 16000), 440, 1);
	audio_dev_close(&d);
	close(fds[0]);
	close(fds[1]);
}

static void test_null_faults(void **state)
{
	int16_t pcm[4800];
	struct audio_dev d = open_dev("null:ppm=10000,hz=500", AUDIO_CAPTURE);
	int64_t n = 0;
	(void)state;
	for (int64_t ms = 0; ms <= 10000; ms += 20)
		n += d.driver->read(d.dev, ms * 1000000, pcm, 4800);
	assert_in_range(n, 480000 * 1.01 - 480, 480000 * 1.01);
	assert_true(tone_rms(pcm, 480) > 1000);
	audio_dev_close(&d);
	d = open_dev("null:stall=1000+500", AUDIO_CAPTURE);
	n = 0;
	for (int64_t ms = 0; ms <= 3000; ms += 20) {
		int got = d.driver->read(d.dev, ms * 1000000, pcm, 4800);
		assert_true(ms < 1020 || ms > 1500 || got == 0);
		n += got;
	}
	assert_int_equal(n, 2500 * 48);
	audio_dev_close(&d);
	refused("null:fail=1", AUDIO_CAPTURE, ERR_FAILED, "fails");
	d = open_dev("null:fail=1", AUDIO_CAPTURE);
	audio_dev_close(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_other_shapes),
		cmocka_unit_test(test_files_of_others),
		cmocka_unit_test(test_wrong_files),
		cmocka_unit_test(test_recording_survives_kill),
		cmocka_unit_test(test_specs),
		cmocka_unit_test(test_tone),
		cmocka_unit_test(test_file_driver),
		cmocka_unit_test(test_pipe_capture),
		cmocka_unit_test(test_pipe_capture_is_paced),
		cmocka_unit_test(test_pipe_playback_drops_for_slow_reader),
		cmocka_unit_test(test_pipe_other_rate),
		cmocka_unit_test(test_null_faults),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
