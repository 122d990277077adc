#!/bin/sh
# Prints the corpus of the demo, the log book of some weather stations: rows of time,station,reading,state,note,checksum.
# It is made, not collected: the same bytes on every machine, 1.2 MB.
#
#   corpus.sh >corpus.csv
set -eu
export LC_ALL=C
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

awk -f "$here/sum.awk" -f "$here/corpus.awk"
