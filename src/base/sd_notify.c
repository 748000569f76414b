/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sd_notify(3): "a single datagram with the state string as payload to the
 * socket referenced in the $NOTIFY_SOCKET environment variable.  If the first
 * character of $NOTIFY_SOCKET is "/" or "@", the string is understood as an
 * AF_UNIX or Linux abstract namespace socket".
 */
#include "base/sd_notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/str.h"

/* Length of the address, or 0: there is none that can be used. */
static socklen_t
notify_address(struct sockaddr_un *to)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t n = path ? strlen(path) : 0;

	if (n < 2 || n > sizeof(to->sun_path) ||
	    (path[0] != '/' && path[0] != '@'))
		return 0;
	*to = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(to->sun_path, path, n);
	if (path[0] == '@')
		to->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
}

bool
sd_notify_send(const char *state)
{
	struct sockaddr_un to;
	socklen_t n = notify_address(&to);
	size_t length = strlen(state);
	ssize_t sent;
	int fd;

	if (n == 0)
		return false;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	sent =
	    sendto(fd, state, length, MSG_NOSIGNAL, (struct sockaddr *)&to, n);
	close(fd);
	return sent == (ssize_t)length;
}

/* sd_watchdog_enabled(3): $WATCHDOG_USEC is the time, $WATCHDOG_PID, if set,
 * the process that is meant. */
int64_t
sd_watchdog(void)
{
	struct str usec = str_z(getenv("WATCHDOG_USEC"));
	struct str pid = str_z(getenv("WATCHDOG_PID"));
	int64_t n, who;

	if (!str_has(usec) || !str_i64(usec, &n) || n <= 0)
		return 0;
	if (str_has(pid) && (!str_i64(pid, &who) || who != getpid()))
		return 0;
	return n;
}
