/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Line parts: Exim cuts what it gives to syslog into "[1/3] ...", "[2/3] ..."
 * where it is too long and "[1\3] ..." where it holds a line end (Exim
 * specification, "Logging to syslog").  Parts of several processes may be
 * mixed.  A whole is given back as Exim wrote it: its first line, then its
 * further lines as continuations.  amavisd-new cuts its results at about 1,000
 * bytes into "(id) Passed ..., <a@b>,<c..." and "(id) ...@d>, Queue-ID: ...".
 */
#ifndef INPUT_LINE_PARTS_H
#define INPUT_LINE_PARTS_H

#include "base/pack.h"
#include "model/delivery.h"
#include "model/line.h"

#define PARTS_OPEN  16        /* wholes being collected at one time */
#define PARTS_BYTES (1 << 20) /* of one whole */

struct line_parts;

struct line_parts *line_parts_new(void);
void line_parts_free(struct line_parts *p); /* NULL is fine */

enum part_answer {
	PART_NONE,   /* the line is not a part, or not of anything open */
	PART_KEPT,   /* taken */
	PART_JOINED, /* taken, and it continues the line of the part before */
};
/* Takes a headed line.  One that is no part, or does not fit, ends what is
 * open of the same host, program and process: it will never be whole. */
enum part_answer line_parts_add(struct line_parts *p,
    const struct log_line *line, struct str raw, const struct evidence *ev);
/* Nothing more comes: what is open is given as it is. */
void line_parts_end(struct line_parts *p);
/* What is open or ready, to go on with in another run; restoring gives false
 * for bytes that are none of ours.  source: the evidence's. */
void line_parts_save(const struct line_parts *p, struct buf *out);
bool line_parts_restore(
    struct line_parts *p, struct rd *state, struct str source);
/* The next line of what is ready; false if nothing is.  Text is valid until
 * the next call. */
bool line_parts_next(struct line_parts *p, struct log_line *line,
    struct str *raw, struct evidence *ev);

#endif
