#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# make check: builds everything and runs every test, as many at once as there
# are processors.  One line a test; what a failing test said comes after all
# lines; the last line is "N passed, N failed".
#
#   sh tests/run.sh [PATTERN]    only tests whose name matches (grep -E)
#
# Tests: layers; unit/*, in the release and in the sanitizer variant; the
# corpus of each fuzz target under the sanitizers; golden/*; lab/* against the
# truth of the lab, mutate/* the same under other names, addresses and header
# forms; cli/*, the whole program.
set -u
cd "$(dirname "$0")/.." || exit 1
LC_ALL=C.UTF-8
TZ=UTC
export LC_ALL TZ
jobs=$(nproc 2>/dev/null || echo 2)
out=$PWD/build/check
limit=600 # seconds a test may take

# Called by xargs below: runs test number $2 of the list, prints its line.
if [ "${1:-}" = --one ]; then
	line=$(sed -n "$2p" "$out/list")
	name=${line%%	*}
	command=${line#*	}
	start=$(date +%s)
	timeout "$limit" sh -c "$command" >"$out/$2.log" 2>&1 </dev/null
	rc=$?
	took=$(($(date +%s) - start))
	verdict=FAIL
	if [ $rc -eq 0 ]; then
		verdict=ok
		# A part that could not run here says so in a line of its own.
		grep -q '^skipped: ' "$out/$2.log" && verdict='ok, in part'
	fi
	echo "$verdict" >"$out/$2.rc"
	[ $rc -eq 124 ] && echo "took more than $limit s" >>"$out/$2.log"
	echo "$verdict  $name  (${took} s)"
	exit 0
fi

rm -rf "$out"
mkdir -p "$out"
build() {
	make --no-print-directory -j"$jobs" "$@" && return
	echo "build failed: make $*"
	echo "0 passed, 1 failed"
	exit 1
}
build all tests
build VARIANT=asan all tests

add() { # NAME COMMAND
	printf '%s\t%s\n' "$1" "$2" >>"$out/list.all"
}
# The slow ones first, so that no processor waits at the end.
for f in tests/cli/*.sh; do
	[ "$f" = tests/cli/lib.sh ] || add "cli/$(basename "$f" .sh)" "sh $f"
done
for d in tests/lab/*/*/; do
	d=${d#tests/lab/}
	add "lab/${d%/}" "sh tests/lab/compare.sh ${d%/}"
	case $d in nasty/*) continue ;; esac # names are inputs there
	add "mutate/${d%/}" "sh tests/lab/mutate.sh ${d%/}"
done
for v in asan release; do
	for f in build/$v/tests/unit/*_test; do
		t=$(basename "$f" _test)
		add "$v/$t" "./$f"
	done
done
for f in build/asan/tests/fuzz/*_fuzz; do
	t=$(basename "$f" _fuzz)
	add "fuzz/$t" "test -d tests/fuzz/corpus/$t && ./$f tests/fuzz/corpus/$t"
done
for f in tests/golden/*/cmd; do
	d=${f%/cmd}
	add "golden/${d#tests/golden/}" "sh tests/golden.sh ${d#tests/golden/}"
done
for f in tests/*.sh; do
	t=$(basename "$f" .sh)
	case $t in deps | run | golden | same_store) ;; *) add "$t" "sh $f" ;; esac
done

grep -E "^[^	]*${1:-}" "$out/list.all" >"$out/list"
n=$(wc -l <"$out/list")
seq "$n" | xargs -P "$jobs" -I{} sh tests/run.sh --one {}

passed=0
failed=0
for i in $(seq "$n"); do
	case $(cat "$out/$i.rc" 2>/dev/null) in
	ok*)
		passed=$((passed + 1))
		grep '^skipped: ' "$out/$i.log" && continue
		;;
	*)
		failed=$((failed + 1))
		printf '\n--- %s\n' "$(sed -n "${i}s/	.*//p" "$out/list")"
		tail -n 60 "$out/$i.log"
		;;
	esac
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
