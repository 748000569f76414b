#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Three days of a small invented ISP: who is blamed, who is not, and whose each
# message is.  tests/world/run.sh has large ones (make check-long).
set -eu
cd "$(dirname "$0")/../.."
sh tests/world/run.sh 300 3 1
