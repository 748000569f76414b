/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Watch: waits until something may have changed in some folders (inotify).
 * It says only that it is worth looking again; where the kernel cannot tell
 * (network file systems, folders that do not exist yet) the caller's timeout
 * does.
 */
#ifndef INPUT_WATCH_H
#define INPUT_WATCH_H

#include <signal.h>

#include "base/err.h"
#include "base/str.h"

struct watch;

int watch_new(struct watch **out, struct err *e);
/* The folder that the path (or glob) is in; again and again is fine. */
void watch_add(struct watch *w, struct str path);
/* Until a change, a signal, or timeout (milliseconds).  mask: signals that
 * are blocked while waiting.  What changed since the last wait counts. */
void watch_wait(struct watch *w, int timeout, const sigset_t *mask);
void watch_free(struct watch *w); /* NULL is fine */

#endif
