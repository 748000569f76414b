/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
err_set(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;

	e->code = code;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	return code;
}

int
err_wrap(struct err *e, const char *fmt, ...)
{
	char head[sizeof(e->text)];
	size_t n, left;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(head, sizeof(head), fmt, ap);
	va_end(ap);
	n = strnlen(head, sizeof(head) - 3);
	memcpy(head + n, ": ", 2);
	left = sizeof(head) - (n + 2) - 1;
	n += 2;
	head[n] = '\0';
	strncat(head, e->text, left);
	memcpy(e->text, head, sizeof(head));
	return e->code;
}
