/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors: a function returns 0 or positive for success and a negative
 * ERR_* for failure; the function that first knows writes the message once.
 * Messages are lower case, name the thing and the place, and end in no period.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum {
	ERR_FAIL = -1,	/* environment: I/O, disk full, broken store; exit 1 */
	ERR_USAGE = -2, /* usage or configuration; exit 2 */
};

struct err {
	int code;
	char text[512];
};

/* Sets the message and returns code, so: return err_set(e, ERR_FAIL, ...). */
int err_set(struct err *e, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Puts "what: " before the message that is there; returns e->code. */
int err_wrap(struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
