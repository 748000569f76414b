#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Does tests/layers.sh find each kind of fault?  A small tree with all of them.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/src/base" "$dir/src/store" "$dir/src/input" "$dir/src/cmd" "$dir/parsers"
head='/* SPDX-License-Identifier: Apache-2.0 */'
put() { f=$dir/$1; shift; printf '%s\n' "$head" "$@" >"$f"; }

put src/base/a.h '#include "store/s.h"'
put src/base/b.h '#include <sqlite3.h>'
put src/base/c.h 'size_t f(void);'
put src/store/s.h '#include "input/i.h"'
put src/store/s.c '#include <sqlite3.h>' '#include <stdio.h>'
put src/store/s_driver.h 'int x(void);'
put src/store/t.c '#include <sqlite3.h>' 'const char *q = "SELECT 1";' \
    '/* "SELECT in a comment" */' 'const char *z = "WITHOUT a clue";'
put src/input/i.h '/* fine */'
put src/input/i.c '#include "i.h"' 'char *b = "  AND x ORDER BY y";' 'char *c = "BEGIN";'
put src/cmd/c.c '#include "store/s_driver.h"' '#include "nowhere/n.h"'
put parsers/p.c '#include "store/s.h"' '#include "input/i.h"' '#include "input/parser.h"'
printf 'int x;\n\n\n\n\nint y;\n' >"$dir/src/cmd/d.c"

cat >"$dir/want" <<'END'
parsers/p.c:2: a parser may not include store/s.h
parsers/p.c:3: a parser may not include input/i.h
src/base/a.h:2: base/ is below store/s.h
src/base/b.h:2: a header may not include <sqlite3.h>
src/base/c.h:1: does not compile alone
src/cmd/c.c:2: store/s_driver.h is for drivers only
src/cmd/c.c:3: no layer holds nowhere/n.h
src/cmd/d.c:5: no licence line
src/input/i.c:2: "i.h": write the path from src/
src/input/i.c:3: SQL in a C string:   AND x ORDER BY y
src/input/i.c:4: SQL in a C string: BEGIN
src/store/s.h:2: store/ and input/ are siblings: input/i.h
src/store/t.c:2: <sqlite3.h> belongs to src/store/s.c
src/store/t.c:3: SQL in a C string: SELECT 1
END
sed -i 's/^src\/cmd\/d.c:5:/src\/cmd\/d.c:1:/' "$dir/want"
rc=0
sh "$here/layers.sh" "$dir" >"$dir/out" || rc=$?
[ "$rc" = 1 ] || { echo "layers_test: exit $rc instead of 1"; exit 1; }
sort -u "$dir/out" | grep -v 'b.h:1: does not compile' >"$dir/got"
sort -u "$dir/want" | diff - "$dir/got" && echo "layers_test: all faults found"
