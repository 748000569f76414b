/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/import_follow.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "input/codec.h"
#include "input/config.h"
#include "input/watch.h"

#define LOOK_AGAIN   5000         /* milliseconds; where inotify cannot tell */
#define PAUSE_MIN    1000         /* ... between two rounds, at least */
#define PAUSE_FACTOR 4            /* ... and this many times what one took */
#define OLD_KEEP     (600 * USEC) /* a file that was replaced is kept open */
#define CODEC_REST   (10 * USEC)  /* a compressed file is read once it rests */

/* A file is kept open, so that its last lines are read though it has been
 * renamed or deleted meanwhile. */
struct followed {
	const struct mail_input *in;
	char *path; /* as last seen */
	int fd;     /* -1: closed; known by what it was, not read again */
	bool seen;  /* in this round */
	bool compressed;
	int64_t changed; /* when it was last seen to have changed */
	struct stat was; /* what has been read */
};

struct follow {
	struct cmd *c;
	struct store *store;
	const struct mail_input *in;
	size_t n;
	const struct parsers *parsers;
	struct rules *rules;
	struct unparsed_file unparsed;
	struct mail_import_options opt;
	struct followed *files;
	size_t nfiles;
	struct watch *watch;
	struct mail_import_result total;
};

static volatile sig_atomic_t stopped;

static void
on_signal(int sig)
{
	stopped = sig;
}

/* Stop signals arrive while waiting, or while lines are read. */
static void
catch_signals(void)
{
	struct sigaction sa = {.sa_handler = on_signal};

	sigemptyset(&sa.sa_mask);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
}

static int64_t
stamp_of(const struct stat *st)
{
	return st->st_mtim.tv_sec * USEC + st->st_mtim.tv_nsec / 1000;
}

static bool
same_state(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static struct followed *
find(struct follow *f, const struct stat *st)
{
	size_t i;

	for (i = 0; i < f->nfiles; i++)
		if (f->files[i].was.st_dev == st->st_dev &&
		    f->files[i].was.st_ino == st->st_ino)
			return &f->files[i];
	return NULL;
}

static bool
is_compressed(int fd)
{
	char head[CODEC_MAGIC_MAX];
	ssize_t n = pread(fd, head, sizeof(head), 0);

	return n > 0 && codec_find(str_of(head, (size_t)n)) != NULL;
}

static struct followed *
add(struct follow *f, const struct stat *st, const struct mail_input *in)
{
	struct followed *file;

	f->files = xrealloc(f->files, (f->nfiles + 1) * sizeof(*f->files));
	file = &f->files[f->nfiles++];
	*file = (struct followed){.in = in, .fd = -1};
	file->was.st_dev = st->st_dev;
	file->was.st_ino = st->st_ino;
	file->was.st_size = -1; /* nothing of it has been read */
	return file;
}

/* A file that is there under this path now. */
static void
meet(struct follow *f, struct str path, const struct mail_input *in)
{
	struct followed *file;
	struct stat st;

	if (stat(path.p, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	file = find(f, &st);
	if (file == NULL)
		file = add(f, &st, in);
	file->seen = true;
	if (file->path == NULL || strcmp(file->path, path.p) != 0) {
		free(file->path);
		file->path = xstrdup(path.p);
	}
	if (file->fd < 0 && !same_state(&st, &file->was)) {
		file->fd = open(path.p, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		file->changed = utc_now();
		if (file->fd < 0 && file->was.st_size < 0)
			fprintf(stderr, "heloflow: %s: %m\n", path.p);
	}
}

static int
look(struct follow *f, struct err *e)
{
	struct arena mem = {0};
	struct str path, *files;
	size_t i, k, n;
	int rc = 0;

	for (i = 0; i < f->nfiles; i++)
		f->files[i].seen = false;
	for (i = 0; rc >= 0 && i < f->n; i++) {
		path = str_z(f->in[i].path);
		watch_add(f->watch, path);
		rc = config_expand(&path, 1, &mem, &files, &n, e);
		for (k = 0; rc >= 0 && k < n; k++)
			meet(f, files[k], &f->in[i]);
	}
	arena_free(&mem);
	return rc;
}

static void
shut(struct followed *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

/* Is there something new in it?  now: what it is. */
static bool
has_news(struct followed *file, struct stat *now)
{
	int64_t t = utc_now();

	if (file->fd < 0 || fstat(file->fd, now) < 0)
		return false;
	if (same_state(now, &file->was) || now->st_size == 0) {
		if (!file->seen && t > file->changed + OLD_KEEP)
			shut(file);
		return false;
	}
	file->changed = t;
	file->compressed = is_compressed(file->fd);
	/* It is being written by gzip perhaps. */
	return !file->compressed || t > stamp_of(now) + CODEC_REST;
}

/* A file that cannot be read is told once, and left until it changes. */
static void
add_file(struct mail_import *i, struct followed *file)
{
	struct mail_input in = *file->in;
	struct err e;
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", file->fd);
	in.path = path;
	if (mail_import_add(i, &in, file->path, &e) < 0)
		fprintf(stderr, "heloflow: %s: %s\n", file->path, e.text);
}

static void
add_result(struct follow *f, const struct mail_import_result *r)
{
	struct mail_import_result *t = &f->total;

	t->files = (int64_t)f->nfiles;
	t->n.lines += r->n.lines;
	t->n.used += r->n.used;
	t->n.ignored += r->n.ignored;
	t->n.unparsed += r->n.unparsed;
	t->messages += r->messages;
	t->records += r->records;
	t->open = r->open;
	t->expired += r->expired;
	t->waiting_verdicts = r->waiting_verdicts;
	t->ambiguous_verdicts += r->ambiguous_verdicts;
}

/* Imports what is new; all: also if nothing is. */
static int
import_news(struct follow *f, bool all, struct err *e)
{
	struct mail_import *i = NULL;
	struct mail_import_result r = {0};
	struct stat now;
	size_t k;
	int rc = 0;

	for (k = 0; rc >= 0 && k < f->nfiles; k++) {
		if (!has_news(&f->files[k], &now))
			continue;
		if (i == NULL)
			rc = mail_import_open(&i, f->store, f->c->config,
			    f->parsers, f->rules, &f->opt, e);
		if (rc < 0)
			break;
		add_file(i, &f->files[k]);
		f->files[k].was = now;
		if (f->files[k].compressed)
			shut(&f->files[k]);
	}
	if (rc >= 0 && i == NULL && all)
		rc = mail_import_open(&i, f->store, f->c->config, f->parsers,
		    f->rules, &f->opt, e);
	if (rc >= 0 && i != NULL)
		rc = mail_import_run(i, &r, e);
	if (rc >= 0 && i != NULL)
		add_result(f, &r);
	mail_import_close(i);
	if (f->unparsed.to != NULL)
		fflush(f->unparsed.to);
	return rc;
}

/* Lets a while pass and then waits for news.  A round costs what is open, so
 * the pause is longer where a round took long. */
static void
wait_for_news(struct follow *f, int64_t took, const sigset_t *mask)
{
	int64_t pause = took * PAUSE_FACTOR / 1000;
	struct timespec t;

	if (pause < PAUSE_MIN)
		pause = PAUSE_MIN;
	t = (struct timespec){pause / 1000, pause % 1000 * 1000000};
	ppoll(NULL, 0, &t, mask);
	if (!stopped)
		watch_wait(f->watch, LOOK_AGAIN, mask);
}

static int
rounds(struct follow *f, struct err *e)
{
	sigset_t block, mask;
	int64_t start;
	int rc = 0;

	sigemptyset(&block);
	sigaddset(&block, SIGTERM);
	sigaddset(&block, SIGINT);
	while (rc >= 0 && !stopped) {
		start = utc_now();
		rc = look(f, e);
		if (rc >= 0)
			rc = import_news(f, false, e);
		sigprocmask(SIG_BLOCK, &block, &mask);
		if (rc >= 0 && !stopped)
			wait_for_news(f, utc_now() - start, &mask);
		sigprocmask(SIG_SETMASK, &mask, NULL);
	}
	f->opt.follow = false; /* the last one, as without --follow */
	return rc < 0 ? rc : import_news(f, true, e);
}

static int
run(struct follow *f, const struct mail_flags *flags, struct err *e)
{
	int rc = watch_new(&f->watch, e);

	if (rc >= 0)
		rc = rules_open(&f->rules, e);
	if (rc >= 0)
		rc = unparsed_file_open(&f->unparsed, flags->unparsed, e);
	if (rc < 0)
		return rc;
	f->opt = (struct mail_import_options){.batch = flags->batch,
	    .follow = true,
	    .stop = &stopped,
	    .unparsed = f->unparsed.to ? &f->unparsed.sink : NULL};
	catch_signals();
	rc = rounds(f, e);
	if (rc < 0)
		return rc;
	import_mail_say(&f->total);
	if (flags->stats)
		mail_stats_print(f->total.n, f->total.messages,
		    f->total.records, f->total.open);
	rc = unparsed_file_close(&f->unparsed, flags->unparsed, e);
	return rc < 0 ? rc : mail_unparsed_excess(f->total.n, flags);
}

int
import_follow(struct cmd *c, struct store *s, const struct parsers *parsers,
    const struct mail_input *in, size_t n, const struct mail_flags *flags,
    struct err *e)
{
	struct follow f = {
	    .c = c, .store = s, .parsers = parsers, .in = in, .n = n};
	struct err ignored;
	size_t i;
	int rc = cmd_config(c, e);

	for (i = 0; rc >= 0 && i < n; i++)
		if (strcmp(in[i].path, "-") == 0)
			rc = err_set(e, ERR_USAGE,
			    "--follow: standard input cannot be followed");
	if (rc >= 0)
		rc = run(&f, flags, e);
	unparsed_file_close(&f.unparsed, "", &ignored);
	for (i = 0; i < f.nfiles; i++) {
		shut(&f.files[i]);
		free(f.files[i].path);
	}
	free(f.files);
	watch_free(f.watch);
	rules_free(f.rules);
	return rc;
}
