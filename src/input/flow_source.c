/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens a file, looks at its beginning, and hands it as a FILE to the format
 * that claims it; the bytes already looked at are read again from memory.
 */
#include "input/flow_source.h"

#include <stdlib.h>

#include "base/arena.h"
#include "input/source.h"

enum { HEAD = 256 * 1024, BUFFER = 128 * 1024 };

const struct flow_source_ops *const flow_source_table[] = {
    &flow_source_sflow,
    &flow_source_packets,
    &flow_source_sflowtool_l,
    &flow_source_sflowtool_json,
    &flow_source_nfdump_csv,
    &flow_source_nfdump_json,
    &flow_source_pmacct_json,
    &flow_source_goflow2_json,
    &flow_source_akvorado,
    &flow_source_list,
    NULL,
};

struct flow_source {
	const struct flow_source_ops *ops;
	void *state;                 /* NULL: an empty file */
	const struct stream *stream; /* the FILE's; NULL with state */
	bool cut;                    /* the compressed data ended early */
	char buffer[BUFFER];         /* the FILE's: glibc makes none that big */
};

/* The FILE's backing. */
struct stream {
	struct source *source;
	size_t n, at; /* of head */
	int64_t offset;
	bool *cut;
	char head[HEAD];
};

static ssize_t
stream_read(void *cookie, char *buf, size_t n)
{
	struct stream *s = cookie;
	struct err e;
	long got;

	if (s->at < s->n) {
		if (n > s->n - s->at)
			n = s->n - s->at;
		memcpy(buf, s->head + s->at, n);
		s->at += n;
		s->offset += (int64_t)n;
		return (ssize_t)n;
	}
	got = source_read(s->source, buf, n, &e);
	if (got == 0 && source_truncated(s->source))
		*s->cut = true;
	s->offset += got > 0 ? got : 0;
	return got < 0 ? -1 : (ssize_t)got;
}

static int
stream_close(void *cookie)
{
	struct stream *s = cookie;

	source_close(s->source);
	free(s);
	return 0;
}

static int
fill_head(struct stream *s, struct err *e)
{
	long got;

	while (s->n < HEAD) {
		got = source_read(s->source, s->head + s->n, HEAD - s->n, e);
		if (got < 0)
			return (int)got;
		if (got == 0)
			break;
		s->n += (size_t)got;
	}
	if (s->n < HEAD && source_truncated(s->source))
		*s->cut = true;
	return 0;
}

/* What could be read in two ways is not guessed; only packets takes what is
 * left of pcap. */
static int
look_at(const struct flow_source_ops **out, struct str head, const char *path,
    struct err *e)
{
	*out = NULL;
	for (size_t i = 0; flow_source_table[i]; i++) {
		const struct flow_source_ops *ops = flow_source_table[i];

		if ((*out && ops == &flow_source_packets) || !ops->claims(head))
			continue;
		if (*out)
			return err_set(e, ERR_FAIL,
			    "%s: could be %s or %s; say which with --format",
			    path, (*out)->name, ops->name);
		*out = ops;
	}
	return *out ? 0
	            : err_set(e, ERR_FAIL,
	                  "%s: no flow format that is known here", path);
}

static int
find_format(const struct flow_source_ops **out, const char *format,
    struct str head, const char *path, struct flow_run *run, struct err *e)
{
	int rc;

	if (!format || strcmp(format, "auto") == 0) {
		rc = look_at(out, head, path, e);
		run->unusable = rc < 0;
		return rc;
	}
	for (size_t i = 0; flow_source_table[i]; i++) {
		*out = flow_source_table[i];
		if (strcmp(format, (*out)->name) == 0)
			return 0;
	}
	return err_set(e, ERR_USAGE,
	    "no flow format \"%s\"; see heloflow list flows", format);
}

/* On success the FILE owns the stream. */
static int
open_format(struct flow_source *fs, struct stream *s, const char *path,
    const char *format, struct flow_run *run, struct err *e)
{
	static const cookie_io_functions_t io = {
	    .read = stream_read, .close = stream_close};
	const struct flow_source_ops *ops = NULL;
	FILE *f;
	int rc;

	rc = find_format(&ops, format, str_of(s->head, s->n), path, run, e);
	if (rc < 0) {
		stream_close(s);
		return rc;
	}
	fs->ops = ops;
	f = fopencookie(s, "r", io);
	if (!f) {
		stream_close(s);
		return err_set(e, ERR_FAIL, "%s: no stream", path);
	}
	setvbuf(f, fs->buffer, _IOFBF, sizeof(fs->buffer));
	rc = ops->open(&fs->state, f, path, run, e);
	run->unusable = rc < 0;
	fs->stream = rc < 0 ? NULL : s;
	return rc;
}

int
flow_source_open(struct flow_source **out, const char *path, const char *format,
    struct flow_run *run, struct err *e)
{
	struct flow_source *fs = xcalloc(1, sizeof(*fs));
	struct stream *s = xcalloc(1, sizeof(*s));
	int rc;

	run->unusable = false;
	s->cut = &fs->cut;
	rc = source_open(&s->source, path, e);
	if (rc >= 0)
		rc = fill_head(s, e);
	if (rc < 0 || s->n == 0) {
		fs->cut = true;
		stream_close(s);
	} else {
		rc = open_format(fs, s, path, format, run, e);
	}
	if (rc < 0) {
		free(fs);
		return rc;
	}
	*out = fs;
	return 0;
}

int
flow_source_step(struct flow_source *s, struct err *e)
{
	return s->state ? s->ops->step(s->state, e) : 0;
}

const char *
flow_source_damage(const struct flow_source *s)
{
	if (!s->state)
		return "it is empty";
	if (s->cut)
		return "the compressed data is cut or damaged";
	return s->ops->damage(s->state);
}

const char *
flow_source_format(const struct flow_source *s)
{
	return s->ops ? s->ops->name : "none";
}

struct str
flow_source_head(const struct flow_source *s)
{
	return s->stream ? str_of(s->stream->head, s->stream->n) : STR("");
}

int64_t
flow_source_offset(const struct flow_source *s)
{
	return s->stream ? s->stream->offset : 0;
}

void
flow_source_close(struct flow_source *s)
{
	if (!s)
		return;
	if (s->state)
		s->ops->close(s->state);
	free(s);
}

void
flow_run_init(struct flow_run *run, struct flow_sink *sink)
{
	*run = (struct flow_run){
	    .ports = {.port = {25}, .n = 1},
	    .since = UTC_NONE,
	    .until = UTC_NONE,
	    .time = UTC_NONE,
	    .first = UTC_NONE,
	    .last = UTC_NONE,
	    .sink = sink,
	    .loss = flow_loss_new(),
	};
}

void
flow_run_free(struct flow_run *run)
{
	flow_loss_free(run->loss);
}

uint64_t
flow_run_malformed(const struct flow_run *run)
{
	return run->sflow.malformed + run->text.malformed;
}

bool
flow_run_takes(struct flow_run *run, int64_t time)
{
	if (time == UTC_NONE) {
		if (run->since == UTC_NONE && run->until == UTC_NONE)
			return true;
		run->outside++;
		return false;
	}
	if ((run->since != UTC_NONE && time < run->since) ||
	    (run->until != UTC_NONE && time >= run->until)) {
		run->outside++;
		return false;
	}
	if (run->first == UTC_NONE || time < run->first)
		run->first = time;
	if (run->last == UTC_NONE || time > run->last)
		run->last = time;
	return true;
}

uint32_t
flow_run_rate(const struct flow_run *run, const struct smtp_sample *meta)
{
	if (run->rate)
		return run->rate;
	return meta->no_rate ? 0 : meta->rate;
}

static bool
is_mail(const struct packet *p, const struct port_set *ports)
{
	return port_set_has(ports, p->src_port) ||
	       port_set_has(ports, p->dst_port);
}

void
flow_run_packet(struct flow_run *run, const struct packet *p,
    const struct smtp_sample *meta)
{
	struct smtp_sample s;
	uint32_t rate = flow_run_rate(run, meta);

	run->samples++;
	run->what[p->what]++;
	run->rate_unknown |= rate == 0 && !meta->no_rate;
	if (p->what != PACKET_TCP || !is_mail(p, &run->ports))
		return;
	s = *meta;
	s.no_rate = rate == 0;
	s.rate = rate ? rate : 1;
	s.src = p->src;
	s.dst = p->dst;
	s.src_port = p->src_port;
	s.dst_port = p->dst_port;
	s.flags = p->flags;
	s.has_flags = p->has_flags;
	run->smtp_packets++;
	run->no_flags += !s.has_flags;
	run->sink->sample(run->sink, &s);
}
