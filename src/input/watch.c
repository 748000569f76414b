/* SPDX-License-Identifier: Apache-2.0 */
#include "input/watch.h"

#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/arena.h"

#define EVENTS                                                                 \
	(IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |     \
	    IN_CLOSE_WRITE)

struct watch {
	int fd;
};

int
watch_new(struct watch **out, struct err *e)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd < 0)
		return err_set(e, ERR_FAIL, "cannot watch files: %m");
	*out = xcalloc(1, sizeof(**out));
	(*out)->fd = fd;
	return 0;
}

/* "dir/x*.log" is in dir; of a folder that is a pattern itself, the part
 * before the pattern is watched, and the timeout does the rest. */
void
watch_add(struct watch *w, struct str path)
{
	char dir[PATH_MAX];
	size_t n = path.n, i;

	for (i = 0; i < path.n; i++)
		if (path.p[i] == '*' || path.p[i] == '?' || path.p[i] == '[') {
			n = i;
			break;
		}
	while (n > 0 && path.p[n - 1] != '/')
		n--;
	if (n >= sizeof(dir))
		return;
	if (n == 0)
		dir[n++] = '.';
	else
		memcpy(dir, path.p, n);
	dir[n] = '\0';
	/* A folder that is not there yet is tried again by the next call. */
	inotify_add_watch(w->fd, dir, EVENTS);
}

void
watch_wait(struct watch *w, int timeout, const sigset_t *mask)
{
	struct pollfd p = {.fd = w->fd, .events = POLLIN};
	struct timespec t = {timeout / 1000, timeout % 1000 * 1000000L};
	char events[4096];

	if (ppoll(&p, 1, &t, mask) > 0)
		while (read(w->fd, events, sizeof(events)) > 0)
			;
}

void
watch_free(struct watch *w)
{
	if (w == NULL)
		return;
	close(w->fd);
	free(w);
}
