/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file's raw bytes go through a window of RAW_BYTES.  Plain files use it
 * only to look at the first bytes and are then read straight into the
 * caller's buffer.
 */
#include "input/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/utc.h"
#include "input/codec.h"

#define RAW_BYTES ((size_t)256 * 1024)

struct source {
	char *path;
	int fd; /* -1: memory */
	struct str memory;
	size_t chunk; /* of memory */
	bool regular;
	int64_t mtime;
	int64_t done, size; /* for source_progress */

	uint8_t *raw; /* the window: raw[at .. end) is unread */
	size_t at, end;
	bool raw_ended;

	const struct codec_ops *codec; /* NULL: plain */
	void *state;                   /* of the member being read, or NULL */
	bool ended, truncated;         /* of a compressed file */

	char *head; /* what source_peek looked at, or NULL */
	struct str head_left;
};

static long
read_memory(struct source *s, void *buf, size_t n)
{
	struct str part = str_head(s->memory, n);

	if (s->chunk)
		part = str_head(part, s->chunk);
	if (part.n)
		memcpy(buf, part.p, part.n);
	s->memory = str_from(s->memory, part.n);
	return (long)part.n;
}

static long
read_raw(struct source *s, void *buf, size_t n, struct err *e)
{
	ssize_t got;

	if (s->fd < 0)
		return read_memory(s, buf, n);
	do
		got = read(s->fd, buf, n);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return err_set(e, ERR_FAIL, "%s: %s", s->path, strerror(errno));
	s->done += got;
	return got;
}

/* Makes at least n bytes of the window readable, unless the file ends. */
static int
fill(struct source *s, size_t n, struct err *e)
{
	long got;

	if (s->at > 0 && s->end - s->at < n) {
		memmove(s->raw, s->raw + s->at, s->end - s->at);
		s->end -= s->at;
		s->at = 0;
	}
	while (s->end - s->at < n && !s->raw_ended) {
		got = read_raw(s, s->raw + s->end, RAW_BYTES - s->end, e);
		if (got < 0)
			return (int)got;
		s->raw_ended = got == 0;
		s->end += (size_t)got;
	}
	return 0;
}

static struct str
window(const struct source *s)
{
	return str_of((const char *)s->raw + s->at, s->end - s->at);
}

/* Opens the member at the window's start.  Between members zero bytes are
 * padding (of tapes, of xz); anything else that is no member was not meant to
 * be here, and is not lost in silence. */
static int
next_member(struct source *s, struct err *e)
{
	int rc;

	while (
	    (rc = fill(s, 1, e)) == 0 && s->at < s->end && s->raw[s->at] == 0)
		s->at++;
	if (rc < 0 || (rc = fill(s, CODEC_MAGIC_MAX, e)) < 0)
		return rc;
	if (s->at == s->end) {
		s->ended = true;
		return 0;
	}
	s->codec = codec_find(window(s));
	if (s->codec == NULL)
		s->ended = s->truncated = true;
	else
		s->state = s->codec->open();
	return 0;
}

static void
close_member(struct source *s)
{
	if (s->state != NULL)
		s->codec->close(s->state);
	s->state = NULL;
}

static int
step_member(struct source *s, struct codec_io *io, struct err *e)
{
	enum codec_state state;
	size_t had_out = io->out_n, had_in;
	int rc = fill(s, 1, e);

	if (rc < 0)
		return rc;
	io->in = s->raw + s->at;
	io->in_n = had_in = s->end - s->at;
	state = s->codec->step(s->state, io);
	s->at = s->end - io->in_n;
	/* No progress with room to write: the input has ended too early. */
	if (state == CODEC_MORE && io->in_n == had_in && io->out_n == had_out)
		state = CODEC_DAMAGED;
	if (state != CODEC_MORE)
		close_member(s);
	if (state == CODEC_DAMAGED)
		s->ended = s->truncated = true;
	return 0;
}

static long
read_compressed(struct source *s, void *buf, size_t n, struct err *e)
{
	struct codec_io io = {.out = buf, .out_n = n};
	int rc = 0;

	while (io.out_n == n && !s->ended && rc == 0)
		rc = s->state == NULL ? next_member(s, e)
		                      : step_member(s, &io, e);
	return rc < 0 ? rc : (long)(n - io.out_n);
}

static long
read_plain(struct source *s, void *buf, size_t n, struct err *e)
{
	struct str head = str_head(window(s), n);

	if (head.n == 0)
		return read_raw(s, buf, n, e);
	memcpy(buf, head.p, head.n);
	s->at += head.n;
	return (long)head.n;
}

long
source_read(struct source *s, void *buf, size_t n, struct err *e)
{
	struct str head = str_head(s->head_left, n);

	if (n == 0)
		return 0;
	if (head.n > 0) {
		memcpy(buf, head.p, head.n);
		s->head_left = str_from(s->head_left, head.n);
		return (long)head.n;
	}
	return s->codec != NULL || s->ended ? read_compressed(s, buf, n, e)
	                                    : read_plain(s, buf, n, e);
}

int
source_peek(struct source *s, size_t n, struct str *head, struct err *e)
{
	size_t have = 0;
	long got = 1;

	free(s->head);
	s->head = xmalloc(n);
	while (have < n && got > 0) {
		got = source_read(s, s->head + have, n - have, e);
		if (got < 0)
			return (int)got;
		have += (size_t)got;
	}
	*head = s->head_left = str_of(s->head, have);
	return 0;
}

static int64_t
skip_by_reading(struct source *s, int64_t n, struct err *e)
{
	size_t size = RAW_BYTES;
	char *buf = xmalloc(size);
	int64_t left = n;
	long got = 1;

	while (left > 0 && got > 0) {
		got = source_read(
		    s, buf, left < (int64_t)size ? (size_t)left : size, e);
		left -= got > 0 ? got : 0;
	}
	free(buf);
	return got < 0 ? got : n - left;
}

int64_t
source_skip(struct source *s, int64_t n, struct err *e)
{
	struct stat st;

	if (s->codec != NULL || !s->regular || fstat(s->fd, &st) < 0)
		return skip_by_reading(s, n, e);
	if (n > st.st_size)
		n = st.st_size;
	if (lseek(s->fd, n, SEEK_SET) < 0)
		return err_set(e, ERR_FAIL, "%s: %s", s->path, strerror(errno));
	s->at = s->end = 0;
	s->raw_ended = false;
	s->done = n;
	return n;
}

static struct source *
source_new(const char *path)
{
	struct source *s = xcalloc(1, sizeof(*s));

	s->path = xstrdup(path);
	s->fd = -1;
	s->mtime = UTC_NONE;
	s->raw = xmalloc(RAW_BYTES);
	return s;
}

/* Looks at the first bytes; the source is the caller's only on success. */
static int
source_begin(struct source **out, struct source *s, struct err *e)
{
	int rc = fill(s, CODEC_MAGIC_MAX, e);

	if (rc < 0) {
		source_close(s);
		return rc;
	}
	s->codec = codec_find(window(s));
	*out = s;
	return 0;
}

static int
open_file(struct source *s, struct err *e)
{
	struct stat st;

	s->fd = strcmp(s->path, "-") == 0
	            ? STDIN_FILENO
	            : open(s->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (s->fd < 0 || fstat(s->fd, &st) < 0)
		return err_set(e, ERR_FAIL, "%s: %s", s->path, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return err_set(e, ERR_FAIL, "%s: is a directory", s->path);
	s->regular = S_ISREG(st.st_mode) && s->fd != STDIN_FILENO;
	s->size = s->regular ? st.st_size : 0;
	if (s->regular)
		s->mtime = st.st_mtim.tv_sec * USEC + st.st_mtim.tv_nsec / 1000;
	return 0;
}

int
source_open(struct source **out, const char *path, struct err *e)
{
	struct source *s = source_new(path);
	int rc = open_file(s, e);

	if (rc < 0) {
		source_close(s);
		return rc;
	}
	return source_begin(out, s, e);
}

int
source_of_memory(struct source **out, struct str bytes, size_t chunk,
    const char *path, struct err *e)
{
	struct source *s = source_new(path);

	s->memory = bytes;
	s->chunk = chunk;
	return source_begin(out, s, e);
}

void
source_progress(const struct source *s, int64_t *done, int64_t *total)
{
	*done = s->done;
	*total = s->size;
}

bool
source_truncated(const struct source *s)
{
	return s->truncated;
}

const char *
source_path(const struct source *s)
{
	return s->path;
}

int64_t
source_mtime(const struct source *s)
{
	return s->mtime;
}

bool
source_is_regular(const struct source *s)
{
	return s->regular;
}

void
source_close(struct source *s)
{
	if (s == NULL)
		return;
	close_member(s);
	if (s->fd >= 0 && s->fd != STDIN_FILENO)
		close(s->fd);
	free(s->path);
	free(s->head);
	free(s->raw);
	free(s);
}
