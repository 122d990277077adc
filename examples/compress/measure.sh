#!/bin/sh
# Measures one proposal: packs the corpus and unpacks it again. Prints each number as `name: number`, also those of a proposal
# that fails later; `lineage run` finds them. The last line on stderr says why it failed, the exit status how.
#
#   measure.sh SETTINGS
#
# CORPUS is the file to pack. The score is its packed size in bytes.
set -eu
export LC_ALL=C # decimal points, and messages that read the same everywhere
settings=$1

corpus=${CORPUS:-corpus.csv}
pack=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)/pack.sh
pack_budget=3   # seconds; the "training" of this search
unpack_budget=2 # seconds; its "evaluation"
dict_cap=4096   # bytes; the dictionary ships with the unpacker and does not count as packed, so it has its own limit

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
    echo "$2" >&2
    exit "$1"
}

# Seconds with a fraction. A date without %N prints "1714572000.N", which awk reads as whole seconds.
now() { date +%s.%N; }
since() { awk -v from="$1" -v to="$(now)" 'BEGIN { printf "%.2f", to - from }'; }

# timeout exits with 124; some versions pass on 143, the status of the signal they sent.
too_late() { [ "$1" -eq 124 ] || [ "$1" -eq 143 ]; }

# Find what cannot work before it costs time.
"$pack" check "$settings" "$work" || exit 3

code=0
start=$(now)
timeout "$pack_budget" "$pack" pack "$settings" "$work" <"$corpus" >"$work/packed" || code=$?
echo "train_s: $(since "$start")"
too_late "$code" && fail 4 "packing was stopped after $pack_budget s"
[ "$code" -eq 0 ] || exit 1
echo "bytes: $(($(wc -c <"$work/packed")))"
dict_bytes=0
if [ -e "$work/dict" ]; then
    dict_bytes=$(($(wc -c <"$work/dict")))
    echo "dict_bytes: $dict_bytes"
fi

start=$(now)
timeout "$unpack_budget" "$pack" unpack "$settings" "$work" <"$work/packed" >"$work/unpacked" || code=$?
echo "eval_s: $(since "$start")"
too_late "$code" && fail 5 "unpacking was stopped after $unpack_budget s"
[ "$code" -eq 0 ] || exit 1
cmp "$corpus" "$work/unpacked" >&2 || exit 7
[ "$dict_bytes" -le "$dict_cap" ] || fail 6 "the dictionary has $dict_bytes bytes; the limit is $dict_cap"
