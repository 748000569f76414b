#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The rules of the layout (doc/design.md), each with file:line; exit 1 if any
# is broken:
#   1 a file includes its own layer or a lower one; siblings never each other
#   2 parsers/*.c see input/parser.h, model/ and base/ alone
#   3 a third-party library is included by one .c file and by no header
#   4 SQL is in schema/, never in a C string
#   5 every header stands alone, and every source file has its licence line
#   6 src/store/ drivers are seen by src/store/ only
set -u
LC_ALL=C
export LC_ALL
cd "${1:-$(dirname "$0")/..}" || exit 2
bad=$(mktemp) || exit 2
trap 'rm -f "$bad"' EXIT
files=$(find src parsers -name '*.[ch]' | sort)
[ -n "$files" ] || { echo "layers: no source files" >&2; exit 2; }

# 1, 2 and 6: our own includes.
# shellcheck disable=SC2086
awk '
BEGIN {
	n = split("base model input:rule:store ingest correlate report web cmd", l, " ")
	for (i = 1; i <= n; i++) {
		m = split(l[i], s, ":")
		for (j = 1; j <= m; j++)
			rank[s[j]] = i
	}
}
FNR == 1 {
	split(FILENAME, at, "/")
	me = at[1] == "parsers" ? "parsers" : at[2]
	licence = 0
}
FNR <= 5 && /SPDX-License-Identifier: Apache-2.0/ { licence = 1 }
FNR == 5 && !licence { print FILENAME ":1: no licence line" }
/^[ \t]*#[ \t]*include[ \t]*"/ {
	inc = $0
	sub(/^[^"]*"/, "", inc)
	sub(/".*/, "", inc)
	if (inc !~ /\//) {
		print FILENAME ":" FNR ": \"" inc "\": write the path from src/"
		next
	}
	to = inc
	sub(/\/.*/, "", to)
	if (me == "parsers") {
		if (to != "base" && to != "model" && to != "parsers" &&
		    inc != "input/parser.h")
			print FILENAME ":" FNR ": a parser may not include " inc
		next
	}
	if (to == "parsers" || !(to in rank) || !(me in rank))
		print FILENAME ":" FNR ": no layer holds " inc
	else if (rank[to] > rank[me])
		print FILENAME ":" FNR ": " me "/ is below " inc
	else if (rank[to] == rank[me] && to != me)
		print FILENAME ":" FNR ": " me "/ and " to "/ are siblings: " inc
	if (inc ~ /_driver\.h$/ && to != me)
		print FILENAME ":" FNR ": " inc " is for drivers only"
}
' $files >>"$bad"

# 3: <...> that the C library and the system do not bring.
# shellcheck disable=SC2086
awk '
BEGIN {
	n = split("assert ctype dirent errno fcntl fnmatch ftw getopt glob " \
	    "grp inttypes langinfo limits locale math netdb poll pthread pwd " \
	    "regex sched search setjmp signal stdalign stdarg stdatomic " \
	    "emmintrin stdbool stddef stdint stdio stdlib stdnoreturn string strings " \
	    "syslog termios threads time unistd wchar wctype", h, " ")
	for (i = 1; i <= n; i++)
		ours[h[i] ".h"] = 1
}
/^[ \t]*#[ \t]*include[ \t]*</ {
	inc = $0
	sub(/^[^<]*</, "", inc)
	sub(/>.*/, "", inc)
	if (inc in ours || inc ~ /^(sys|netinet|arpa|net|linux)\//)
		next
	lib = inc
	if (lib ~ /^(archive|archive_entry)\.h$/)
		lib = "archive.h"
	if (FILENAME ~ /\.h$/)
		print FILENAME ":" FNR ": a header may not include <" inc ">"
	else if (lib in user && user[lib] != FILENAME)
		print FILENAME ":" FNR ": <" inc "> belongs to " user[lib]
	else
		user[lib] = FILENAME
}
' $files >>"$bad"

# 4: a string that starts like a statement, or holds one of two words.
# PRAGMA, BEGIN, COMMIT and ROLLBACK are SQLite's switches, in its driver only.
# shellcheck disable=SC2086
awk '
/^[ \t]*(\*|\/\*|\/\/)/ { next }
{
	line = $0
	while (match(line, /"([^"\\]|\\.)*"/)) {
		text = substr(line, RSTART + 1, RLENGTH - 2)
		line = substr(line, RSTART + RLENGTH)
		if (text ~ /^[ (]*(SELECT|INSERT|UPDATE|DELETE|REPLACE|CREATE|DROP|ALTER|WITH|ATTACH|VACUUM|ANALYZE|REINDEX|EXPLAIN|SAVEPOINT)([ ]|$)/ ||
		    text ~ /(SELECT .* FROM|INSERT (OR [A-Z]+ )?INTO|DELETE FROM|UPDATE .* SET|ORDER BY|GROUP BY|INNER JOIN|LEFT JOIN|CREATE (TEMP |UNIQUE )?(TABLE|INDEX|VIEW)) /)
			print FILENAME ":" FNR ": SQL in a C string: " text
		else if (text ~ /^ *(PRAGMA|BEGIN|COMMIT|ROLLBACK)([ ;]|$)/ &&
		    FILENAME != "src/store/store_sqlite.c")
			print FILENAME ":" FNR ": SQL in a C string: " text
	}
}
' $files >>"$bad"

# 5: headers alone.
for h in $(find src -name '*.h' | sort); do
	printf '#include "%s"\n' "${h#src/}" |
	    ${CC:-cc} -std=c11 -D_GNU_SOURCE -Isrc -I. -fsyntax-only -x c - \
		>/dev/null 2>&1 || echo "$h:1: does not compile alone" >>"$bad"
done

cat "$bad"
[ ! -s "$bad" ] && echo "layers: $(echo "$files" | wc -l) files in their places"
