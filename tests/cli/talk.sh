#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A hundredth of the talk's LINX day prints the talk's table.
set -eu
cd "$(dirname "$0")/../.."
sh tests/bench/talk.sh 100
