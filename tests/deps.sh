#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# make deps: installs the Debian packages that are missing.  Does nothing and
# says nothing when all are there.
set -eu

# program or header -> package.  What is asked for is what the build uses, so
# that a machine without dpkg, or with a library built by hand, passes too.
missing=
need() { # PACKAGE COMMAND...
	package=$1
	shift
	"$@" >/dev/null 2>&1 || missing="$missing $package"
}
program() { command -v "$1"; }
compiles() { # HEADER LIBRARY
	printf '#include <stddef.h>\n#include <stdint.h>\n#include <stdarg.h>\n#include <setjmp.h>\n#include <%s>\nint main(void) { return 0; }\n' "$1" |
	    "${CC:-cc}" -D_GNU_SOURCE -x c - -o /dev/null -l"$2"
}
build_packages() {
	need libsqlite3-dev pkg-config --exists sqlite3
	need libpcre2-dev pkg-config --exists libpcre2-8
	need libyaml-dev pkg-config --exists yaml-0.1
	need libisal-dev pkg-config --exists libisal
	need liblzma-dev pkg-config --exists liblzma
	need libzstd-dev pkg-config --exists libzstd
	need libjansson-dev pkg-config --exists jansson
	need libmaxminddb-dev pkg-config --exists libmaxminddb
	need libxxhash-dev pkg-config --exists libxxhash
	need libbz2-dev compiles bzlib.h bz2
	need libpcap-dev compiles pcap/pcap.h pcap
	need libcmocka-dev compiles cmocka.h cmocka
}
need gcc program "${CC:-cc}"
need libc6-dev compiles stdio.h c
need make program make
need pkg-config program pkg-config
build_packages
need python3 program python3
need jq program jq
need sqlite3 program sqlite3
need zstd program zstd
need xz-utils program xz
need bzip2 program bzip2
need tzdata test -e /usr/share/zoneinfo/Europe/Vienna

[ -n "$missing" ] || exit 0

echo "deps: these Debian packages are missing:$missing"
if ! command -v apt-get >/dev/null 2>&1; then
	echo "deps: there is no apt-get here; install their equivalents and run make again" >&2
	exit 1
fi
sudo=
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null 2>&1; then
		echo "deps: neither root nor sudo; ask an administrator for: apt-get install$missing" >&2
		exit 1
	fi
	sudo=sudo
fi
echo "deps: running${sudo:+ with sudo}: apt-get install --no-install-recommends$missing"
install="$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends"
# Package lists may be missing or old; they are fetched if need be.
# shellcheck disable=SC2086
if ! $install $missing >/dev/null 2>&1; then
	echo "deps: fetching package lists first (apt-get update)"
	$sudo env apt-get -qq update
	$install $missing >/dev/null || {
		echo "deps: apt-get could not install them" >&2
		exit 1
	}
fi
echo "deps: installed"
