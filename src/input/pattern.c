/* SPDX-License-Identifier: Apache-2.0 */
/* Pattern parser: reading lines. */
#include "input/pattern_set.h"

#include <stdlib.h>

#include "base/csv.h"
#include "base/hash.h"

const char *const pattern_field_name[FIELD_N + 1] = {
    [FIELD_QUEUE_ID] = "queue_id",
    [FIELD_PARENT_QUEUE_ID] = "parent_queue_id",
    [FIELD_QUEUED_AS] = "queued_as",
    [FIELD_SESSION] = "session",
    [FIELD_CLIENT_ADDR] = "client_addr",
    [FIELD_CLIENT_PORT] = "client_port",
    [FIELD_CLIENT_NAME] = "client_name",
    [FIELD_HELO] = "helo",
    [FIELD_PROTOCOL] = "protocol",
    [FIELD_TLS] = "tls",
    [FIELD_AUTH_USER] = "auth_user",
    [FIELD_SENDER] = "sender",
    [FIELD_RECIPIENT] = "recipient",
    [FIELD_ORIG_RECIPIENT] = "orig_recipient",
    [FIELD_NRCPT] = "nrcpt",
    [FIELD_SIZE] = "size",
    [FIELD_MESSAGE_ID] = "message_id",
    [FIELD_SUBJECT] = "subject",
    [FIELD_RELAY] = "relay",
    [FIELD_RELAY_ADDR] = "relay_addr",
    [FIELD_DISPOSITION] = "disposition",
    [FIELD_STAGE] = "stage",
    [FIELD_REPLY] = "reply",
    [FIELD_DSN] = "dsn",
    [FIELD_REASON] = "reason",
    [FIELD_TEXT] = "text",
    [FIELD_TEXT_KIND] = "text_kind",
};

const char *const pattern_time_name[TIME_N] = {
    [TIME_ISO] = "iso",
    [TIME_EPOCH] = "epoch",
    [TIME_EPOCH_MS] = "epoch_ms",
};

/* Fields that are text in the event, too. */
#define TEXT(FIELD, member) [FIELD] = offsetof(struct event, member) + 1
static const size_t text_at[FIELD_N] = {
    TEXT(FIELD_QUEUE_ID, queue_id),
    TEXT(FIELD_PARENT_QUEUE_ID, parent_queue_id),
    TEXT(FIELD_QUEUED_AS, queued_as),
    TEXT(FIELD_SESSION, session),
    TEXT(FIELD_CLIENT_NAME, client_name),
    TEXT(FIELD_HELO, helo),
    TEXT(FIELD_PROTOCOL, protocol),
    TEXT(FIELD_AUTH_USER, auth_user),
    TEXT(FIELD_SENDER, sender),
    TEXT(FIELD_ORIG_RECIPIENT, orig_recipient),
    TEXT(FIELD_MESSAGE_ID, message_id),
    TEXT(FIELD_SUBJECT, subject),
    TEXT(FIELD_RELAY, relay),
    TEXT(FIELD_DSN, dsn),
    TEXT(FIELD_REASON, reason),
    TEXT(FIELD_TEXT, text),
    TEXT(FIELD_TEXT_KIND, text_kind),
};

struct pattern_scratch {
	struct arena mem; /* of the line being read */
	struct str fields[CSV_NAMES];
	struct str values[PATTERN_VALUES];
	/* Which of the header's columns are the file's: of this header. */
	struct csv_state header;
	size_t index[PATTERN_COLUMNS]; /* CSV_NAMES: has none */
};

/* Time. */

/* "1795433163.25": seconds and a fraction. */
static bool
parse_epoch(struct str s, int64_t unit, int64_t *out)
{
	struct str whole = str_split(&s, '.');
	uint64_t v, micro = 0;
	int64_t place = unit / 10;

	/* To the year 9999. */
	if (!str_u64(whole, &v) || v > UINT64_C(253402300799) * USEC / unit)
		return false;
	for (size_t i = 0; i < s.n; i++, place /= 10) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		micro += (uint64_t)((s.p[i] - '0') * place);
	}
	*out = (int64_t)v * unit + (int64_t)micro;
	return true;
}

static bool
parse_time(const struct pattern_file *f, struct str s, const struct zone *zone,
    struct log_line *line)
{
	int64_t after = line->time;

	switch (f->time_format) {
	case TIME_ISO:
		return utc_parse_iso(&s, zone, after, &line->time) &&
		       s.n == 0 && line->time >= 0;
	case TIME_EPOCH:
		return parse_epoch(s, USEC, &line->time);
	case TIME_EPOCH_MS:
		return parse_epoch(s, USEC / 1000, &line->time);
	case TIME_N:
		break;
	}
	return false;
}

/* Lines with a stamp of their own. */

static enum headed
stamp_head(const void *cfg, struct str raw, const struct zone *zone,
    const void *state, struct log_line *line)
{
	const struct pattern_file *f = cfg;
	struct str groups[REGEX_GROUPS], pid, host;
	size_t g;
	uint64_t v;

	(void)state;
	if (regex_match(f->stamp, raw, groups) != REGEX_YES)
		return HEAD_OTHER;
	if (!parse_time(
	        f, groups[regex_group(f->stamp, STR("time"))], zone, line))
		return HEAD_BAD;
	g = regex_group(f->stamp, STR("host"));
	host = g ? groups[g] : STR_NONE;
	if (host.n > 0)
		line->host = host;
	g = regex_group(f->stamp, STR("pid"));
	pid = g ? groups[g] : STR_NONE;
	if (str_u64(pid, &v) && v <= INT32_MAX)
		line->pid = (int)v;
	line->text = str_from(raw, (size_t)(groups[0].p - raw.p) + groups[0].n);
	return HEAD_TIMED;
}

/* CSV. */

/* Names are compared without case. */
uint32_t
csv_name_hash(struct str name)
{
	uint64_t h = 0;

	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		if (c >= 'A' && c <= 'Z')
			c += 'a' - 'A';
		h = hash_bytes(&c, 1, h);
	}
	return (uint32_t)h | 1;
}

static struct str
without_bom(struct str s)
{
	str_skip(&s, STR("\xef\xbb\xbf"));
	return s;
}

/* Splits into scratch->fields; 0 if the line is no sound CSV. */
static size_t
split(const struct pattern_file *f, struct str raw)
{
	struct pattern_scratch *s = f->scratch;
	struct str copy;
	size_t n;

	if (!csv_is_sound(raw, f->separator))
		return 0;
	arena_reset(&s->mem);
	copy = arena_dup(&s->mem, raw);
	n = csv_split((char *)(uintptr_t)copy.p, copy.n, f->separator,
	    s->fields, CSV_NAMES);
	return n <= CSV_NAMES ? n : 0;
}

static void
index_columns(const struct pattern_file *f, const struct csv_state *header)
{
	struct pattern_scratch *s = f->scratch;
	size_t i, k;

	if (memcmp(&s->header, header, sizeof(*header)) == 0)
		return;
	s->header = *header;
	for (i = 0; i < f->ncolumns; i++) {
		for (k = 0; k < header->n; k++)
			if (header->name[k] == f->column_hash[i])
				break;
		s->index[i] = k < header->n ? k : CSV_NAMES;
	}
}

/* Reads a row into scratch->values.  One that has not as many fields as the
 * header has names is shifted somewhere, and nothing in it can be trusted. */
static bool
read_row(const struct pattern_file *f, struct str raw,
    const struct csv_state *header)
{
	struct pattern_scratch *s = f->scratch;

	if (header->n == 0 || header->n > CSV_NAMES ||
	    split(f, raw) != header->n)
		return false;
	index_columns(f, header);
	for (size_t i = 0; i < f->ncolumns; i++) {
		struct str v = STR_NONE;

		if (s->index[i] < header->n)
			v = s->fields[s->index[i]];
		s->values[i] = v.n ? v : STR_NONE;
	}
	return true;
}

enum csv_role { CSV_ROW, CSV_HEADER, CSV_COMMENT };

static enum csv_role
role_of(const struct pattern_file *f, struct str raw,
    const struct csv_state *header)
{
	if (f->csv_header.n > 0 && str_starts(raw, f->csv_header))
		return CSV_HEADER;
	if (f->csv_comment.n > 0 && str_starts(raw, f->csv_comment))
		return CSV_COMMENT;
	return f->csv_header.n == 0 && header->n == 0 ? CSV_HEADER : CSV_ROW;
}

static enum headed
csv_head(const void *cfg, struct str raw, const struct zone *zone,
    const void *state, struct log_line *line)
{
	const struct pattern_file *f = cfg;
	struct str time;

	raw = without_bom(raw);
	if (role_of(f, raw, state) != CSV_ROW)
		return HEAD_UNTIMED;
	if (!read_row(f, raw, state))
		return HEAD_BAD;
	time = f->scratch->values[f->time_column];
	/* Files put together, each with its header. */
	if (f->csv_header.n == 0 && str_eqi(time, f->columns[f->time_column]))
		return HEAD_UNTIMED;
	return parse_time(f, time, zone, line) ? HEAD_TIMED : HEAD_BAD;
}

static enum parsed
learn_header(const struct pattern_file *f, struct str raw, void *state)
{
	struct csv_state header = {0};
	size_t n;

	if (f->csv_header.n > 0)
		str_skip(&raw, f->csv_header);
	n = split(f, raw);
	for (size_t i = 0; i < n; i++) {
		header.name[i] = csv_name_hash(f->scratch->fields[i]);
		if (header.name[i] == f->column_hash[f->time_column])
			header.n = (uint32_t)n;
	}
	/* Rows under a header that is not understood are not read. */
	memcpy(state, &header, sizeof(header));
	return header.n > 0 ? PARSED_IGNORED : PARSED_UNKNOWN;
}

/* Patterns. */

static enum regex_result
test_cells(const struct pattern *p, struct str *values)
{
	const struct cell_test *c = p->cells;

	for (; c < p->cells + p->ncells; c++) {
		struct str cell = values[c->column];
		enum regex_result found;
		size_t i;

		if (c->same) {
			if (cell.n == 0 || !str_eq(cell, values[c->other]))
				return REGEX_NO;
			continue;
		}
		if (c->match != NULL) {
			found =
			    regex_match(c->match, cell, values + c->groups_at);
			if (found != REGEX_YES)
				return found;
			continue;
		}
		for (i = 0; i < c->nwords && !str_eq(cell, c->words[i]); i++)
			;
		if (i == c->nwords)
			return REGEX_NO;
	}
	return REGEX_YES;
}

static enum regex_result
test(const struct pattern_file *f, const struct pattern *p,
    const struct log_line *in)
{
	if (f->csv)
		return test_cells(p, f->scratch->values);
	return condition_test(&p->line, in->text, f->scratch->values);
}

static bool
prepare(
    const struct pattern_file *f, const struct log_line *in, const void *state)
{
	arena_reset(&f->scratch->mem);
	return !f->csv || read_row(f, without_bom(in->text), state);
}

enum regex_result
pattern_test(const struct pattern_file *f, const struct pattern *p,
    const struct log_line *in, const void *state)
{
	return prepare(f, in, state) ? test(f, p, in) : REGEX_NO;
}

enum regex_result
pattern_find(const struct pattern_file *f, const struct log_line *in,
    const void *state, const struct pattern **out, struct str **values)
{
	enum regex_result found = REGEX_NO;

	if (!prepare(f, in, state))
		return REGEX_NO;
	for (size_t i = 0; i < f->n && found == REGEX_NO; i++) {
		*out = &f->patterns[i];
		found = test(f, *out, in);
	}
	*values = f->scratch->values;
	return found;
}

/* Fields. */

static bool
look_up(const struct source *s, struct str word, struct str *out)
{
	for (const struct word_case *c = s->cases; c < s->cases + s->ncases;
	     c++) {
		if (c->prefix ? !str_starts(word, c->word)
		              : !str_eq(word, c->word))
			continue;
		*out = c->text;
		return true;
	}
	*out = s->otherwise;
	return s->has_else;
}

/* False: a word that the table does not know. */
static bool
source_text(const struct source *s, const struct str *values, struct str *out)
{
	*out = s->fixed ? s->text : STR_NONE;
	for (size_t i = 0; i < s->nvalues && out->n == 0; i++)
		if (!str_has(*out) || values[s->values[i]].n > 0)
			*out = values[s->values[i]];
	if (s->ncases == 0)
		return true;
	return look_up(s, str_has(*out) ? *out : STR(""), out);
}

/* "<a@b>" -> "a@b", "<>" -> "" */
static struct str
unwrap(struct str s)
{
	if (s.n >= 2 && s.p[0] == '<' && s.p[s.n - 1] == '>')
		return str_of(s.p + 1, s.n - 2);
	return s;
}

/* False: too many. */
static bool
set_recipients(const struct pattern_file *f, const struct source *s,
    struct str text, struct event *ev)
{
	struct str *list;
	size_t n = 1;

	for (size_t i = 0; s->split && i < text.n; i++)
		n += text.p[i] == s->split;
	if (n > PATTERN_RECIPIENTS)
		return false;
	ev->recipients = list =
	    arena_alloc(&f->scratch->mem, n * sizeof(*list));
	while (str_has(text)) {
		struct str one = text;

		if (s->split)
			one = str_trim(str_split(&text, s->split));
		else
			text = STR_NONE;
		one = unwrap(one);
		if (one.n > 0)
			list[ev->nrecipients++] = one;
	}
	return true;
}

static int64_t
number(struct str s, int64_t max, int64_t unknown)
{
	int64_t v;

	return str_i64(s, &v) && v >= 0 && v <= max ? v : unknown;
}

static int
yes_or_no(struct str s)
{
	static const char *const no[] = {"no", "false", "0", "off", NULL};

	for (size_t i = 0; no[i] != NULL; i++)
		if (str_eqi(s, str_z(no[i])))
			return 0;
	return s.n > 0 ? 1 : -1;
}

static void
set_text(struct event *ev, enum field field, struct str s)
{
	bool address = field == FIELD_SENDER || field == FIELD_ORIG_RECIPIENT;
	struct str *to =
	    (struct str *)(void *)((char *)ev + text_at[field] - 1);

	if (address)
		s = unwrap(s);
	/* Only a sender can be empty and known. */
	*to = s.n > 0 || field == FIELD_SENDER ? s : STR_NONE;
}

/* False: a value that is none of the known words, or too many. */
static bool
set_field(const struct pattern_file *f, const struct source *src,
    enum field field, struct str s, struct event *ev)
{
	switch (field) {
	case FIELD_CLIENT_ADDR:
		ev->has_client = addr_parse(s, &ev->client);
		break;
	case FIELD_RELAY_ADDR:
		ev->has_relay_addr = addr_parse(s, &ev->relay_addr);
		break;
	case FIELD_CLIENT_PORT:
		ev->client_port = (uint16_t)number(s, UINT16_MAX, 0);
		break;
	case FIELD_TLS:
		ev->tls = yes_or_no(s);
		break;
	case FIELD_RECIPIENT:
		return set_recipients(f, src, s, ev);
	case FIELD_NRCPT:
		ev->nrcpt = (int)number(s, INT32_MAX, -1);
		break;
	case FIELD_SIZE:
		ev->size = number(s, INT64_MAX, -1);
		break;
	case FIELD_REPLY:
		ev->reply = s.n == 3 ? (int)number(s, 599, 0) : 0;
		break;
	case FIELD_DISPOSITION:
		ev->disposition =
		    (enum disposition)name_find(disposition_name, DISP_N, s);
		return ev->disposition != DISP_NONE;
	case FIELD_STAGE:
		ev->stage = (enum stage)name_find(stage_name, STAGE_N, s);
		return ev->stage != STAGE_NONE;
	default:
		set_text(ev, field, s);
	}
	return true;
}

static bool
fill(const struct pattern_file *f, const struct pattern *p,
    const struct str *values, struct event *ev)
{
	struct str s;

	for (int i = 0; i < FIELD_N; i++) {
		const struct source *src = &p->field[i];

		if (!src->fixed && src->nvalues == 0)
			continue;
		if (!source_text(src, values, &s))
			return false;
		if (str_has(s) && !set_field(f, src, (enum field)i, s, ev))
			return false;
	}
	if (!ev->has_client) /* a port of nobody */
		ev->client_port = 0;
	return true;
}

/* Does the event say what one of its kind must say? */
static bool
is_whole(const struct event *ev, int kind, const struct log_line *in)
{
	switch (kind) {
	case EVENT_ARRIVAL:
	case EVENT_DETAIL:
	case EVENT_END:
		return ev->queue_id.n > 0;
	case EVENT_ATTEMPT:
		return ev->queue_id.n > 0 && ev->disposition != DISP_NONE;
	case EVENT_CHILD:
	case EVENT_SAME:
		return ev->queue_id.n > 0 && ev->parent_queue_id.n > 0;
	case PATTERN_HANDOVER:
		return ev->queue_id.n > 0 && ev->parent_queue_id.n > 0 &&
		       ev->nrecipients > 0;
	case EVENT_REJECT:
		return ev->disposition != DISP_NONE;
	case EVENT_NOTICE:
		return ev->queue_id.n > 0 && ev->text.n > 0 &&
		       ev->text_kind.n > 0;
	case EVENT_CONNECT:
	case EVENT_DISCONNECT:
	case EVENT_ABORT:
		return ev->session.n > 0 || ev->queue_id.n > 0 || in->pid > 0;
	}
	return false;
}

/* As if the server had given the recipients to itself by SMTP. */
static void
emit_handover(const struct event *ev, struct event_sink *sink)
{
	struct event part = *ev;

	part.kind = EVENT_SAME;
	sink->emit(sink, STR_NONE, &part);
	part.kind = EVENT_ATTEMPT;
	part.queue_id = ev->parent_queue_id;
	part.queued_as = ev->queue_id;
	part.disposition = DISP_DELIVERED;
	part.has_relay_addr = addr_parse(STR("127.0.0.1"), &part.relay_addr);
	sink->emit(sink, STR_NONE, &part);
}

static enum parsed
emit(const struct pattern_file *f, const struct pattern *p,
    const struct str *values, const struct log_line *in,
    struct event_sink *sink)
{
	struct event ev = event_of(EVENT_NONE);

	if (p->nevents == 0)
		return PARSED_IGNORED;
	if (!fill(f, p, values, &ev))
		return PARSED_UNKNOWN;
	for (size_t i = 0; i < p->nevents; i++)
		if (!is_whole(&ev, p->events[i], in))
			return PARSED_UNKNOWN;
	for (size_t i = 0; i < p->nevents; i++) {
		if (p->events[i] == PATTERN_HANDOVER) {
			emit_handover(&ev, sink);
			continue;
		}
		ev.kind = (enum event_kind)p->events[i];
		sink->emit(sink, STR_NONE, &ev);
	}
	return PARSED_USED;
}

static enum parsed
read_line(const void *cfg, const struct log_line *in, void *state,
    struct event_sink *sink)
{
	const struct pattern_file *f = cfg;
	const struct pattern *p;
	struct str *values;

	if (in->continuation) {
		struct str raw = without_bom(in->text);

		if (!f->csv)
			return PARSED_UNKNOWN;
		if (role_of(f, raw, state) == CSV_COMMENT)
			return PARSED_IGNORED;
		return learn_header(f, raw, state);
	}
	if (pattern_find(f, in, state, &p, &values) != REGEX_YES)
		return PARSED_UNKNOWN;
	return emit(f, p, values, in, sink);
}

static bool
claims(const void *cfg, struct str program)
{
	const struct pattern_file *f = cfg;

	for (size_t i = 0; i < f->nprograms; i++) {
		struct str name = f->programs[i];

		if (str_eq(program, name) ||
		    (str_ends(name, STR("*")) &&
		        str_starts(program, str_head(name, name.n - 1))))
			return true;
	}
	return false;
}

struct str
pattern_field_text(
    const struct event *ev, enum field field, size_t index, struct arena *a)
{
	char addr[ADDR_TEXT_MAX];

	if (text_at[field] != 0)
		return *(const struct str *)(const void *)((const char *)ev +
		                                           text_at[field] - 1);
	switch (field) {
	case FIELD_CLIENT_ADDR:
	case FIELD_RELAY_ADDR:
		if (field == FIELD_CLIENT_ADDR ? !ev->has_client
		                               : !ev->has_relay_addr)
			return STR_NONE;
		addr_format(
		    field == FIELD_CLIENT_ADDR ? ev->client : ev->relay_addr,
		    addr);
		return arena_dup(a, str_z(addr));
	case FIELD_CLIENT_PORT:
		return ev->client_port ? arena_printf(a, "%u", ev->client_port)
		                       : STR_NONE;
	case FIELD_TLS:
		return ev->tls < 0 ? STR_NONE
		       : ev->tls   ? STR("yes")
		                   : STR("no");
	case FIELD_RECIPIENT:
		return index < ev->nrecipients ? ev->recipients[index]
		                               : STR_NONE;
	case FIELD_NRCPT:
		return ev->nrcpt < 0 ? STR_NONE
		                     : arena_printf(a, "%d", ev->nrcpt);
	case FIELD_SIZE:
		return ev->size < 0
		           ? STR_NONE
		           : arena_printf(a, "%lld", (long long)ev->size);
	case FIELD_REPLY:
		return ev->reply ? arena_printf(a, "%d", ev->reply) : STR_NONE;
	case FIELD_DISPOSITION:
		return str_z(disposition_name[ev->disposition]);
	case FIELD_STAGE:
		return str_z(stage_name[ev->stage]);
	default:
		return STR_NONE;
	}
}

void
pattern_init(struct pattern_file *f)
{
	f->scratch = xcalloc(1, sizeof(*f->scratch));
	f->ops.cfg = f;
	f->ops.claims = claims;
	f->ops.line = read_line;
	if (f->csv) {
		f->ops.head = csv_head;
		f->ops.state_size = sizeof(struct csv_state);
	} else if (f->stamp != NULL) {
		f->ops.head = stamp_head;
	}
}

const struct parser_ops *
pattern_ops(const struct pattern_file *f)
{
	return &f->ops;
}

struct pattern_counts
pattern_counts(const struct pattern_file *f)
{
	return f->counts;
}

void
pattern_free(struct pattern_file *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; i < f->n; i++) {
		struct pattern *p = &f->patterns[i];

		regex_free(p->line.match);
		for (size_t k = 0; k < p->ncells; k++)
			regex_free(p->cells[k].match);
	}
	regex_free(f->stamp);
	if (f->scratch != NULL)
		arena_free(&f->scratch->mem);
	free(f->scratch);
	arena_free(&f->mem);
	free(f);
}
