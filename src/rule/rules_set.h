/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loaded verdict rules, shared by rules_load.c (reads the YAML),
 * rules_check.c (tries the samples) and rules.c (applies them).
 */
#ifndef RULE_RULES_SET_H
#define RULE_RULES_SET_H

#include "base/arena.h"
#include "base/condition.h"
#include "base/map.h"
#include "rule/rules.h"

/* Groups that mean something; doc/verdict-rules.md. */
enum rule_field {
	FIELD_QUEUE_ID,
	FIELD_QUEUED_AS,
	FIELD_MESSAGE_ID,
	FIELD_CLIENT_ADDR,
	FIELD_CLIENT_PORT,
	FIELD_SENDER,
	FIELD_RECIPIENT,
	FIELD_SIZE,
	FIELD_SCORE,
	FIELD_THRESHOLD,
	FIELD_SIGNATURE,
	FIELD_N
};
extern const char *const rule_field_name[FIELD_N];

/* A verdict, or RULE_IGNORED: known, and nothing in it for us. */
#define RULE_IGNORED VERDICT_N

struct rule_case {
	struct str word;
	int outcome;
};

struct rule {
	struct str name, summary, filter;
	const struct yaml_node *node;
	bool for_text; /* of MTAs' text; else of filters' lines */

	/* Conditions: all that are set must hold. */
	struct condition when;
	const struct str *mta; /* one of these; none = any */
	size_t nmta;
	unsigned stages; /* bits 1 << enum stage; 0 = any */

	/* What it means: fixed, by a group's word, or by the score. */
	enum { RULE_FIXED, RULE_BY_WORD, RULE_BY_SCORE } how;
	int fixed, otherwise; /* of RULE_BY_SCORE: reached and below */
	size_t by;            /* group */
	const struct rule_case *cases;
	size_t ncases;
	bool has_at_least;
	double at_least; /* instead of a threshold in the text */

	size_t field[FIELD_N]; /* group numbers, 0 = has none */
};

/* The rules for one program or one kind of text, in order. */
struct rule_list {
	struct str key;
	const struct rule **rules;
	size_t n, size;
	struct rule_list *next; /* same hash; or the next prefix */
};

struct signature {
	struct regex *match;
	enum verdict_kind kind;
	const struct yaml_node *node;
};

struct rule_file {
	const struct rule **rules;
	size_t n;
	const struct str *programs;
	size_t nprograms;
	struct rule_file *next;
};

/* A text that was looked at, and what it was found to be: filters and servers
 * say the same again and again. */
#define TEXTS_KNOWN    256
#define TEXT_KNOWN_MAX 120

struct known_text {
	char text[TEXT_KNOWN_MAX], kind[32], mta[16];
	size_t n, kind_n;
	enum stage stage;
	bool found;
	struct verdict v;
	size_t signature_at; /* in text */
};

struct rules {
	struct known_text *known; /* TEXTS_KNOWN of them, or NULL */
	struct arena arena;
	struct rule **all;
	size_t n, size;
	struct map programs, kinds; /* of struct rule_list */
	struct rule_list *prefixes; /* programs "name*" */
	struct signature *signatures;
	size_t nsignatures, signatures_size;
	struct rule_file *files;
	struct str *recipient; /* what an event's recipients point to */
};

/* Do mta and stage suit a rule for_text? */
bool rule_suits(const struct rule *r, struct str mta, enum stage stage);
/* RULE_IGNORED or the verdict; fills v. */
int rule_verdict(const struct rules *set, const struct rule *r,
    const struct str *groups, struct verdict *v);
/* What names of malware, separated by commas, amount to. */
enum verdict_kind rules_signature(const struct rules *set, struct str names);

/* Tries every sample of every rule; ERR_USAGE with FILE:LINE. */
int rules_check(const struct rules *set, struct err *e);

#endif
