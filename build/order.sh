#!/bin/sh
# Writes build/order.ld anew: the functions that the commands call, for the linker to put side by side. When and why:
# docs/performance.md. Needs gdb, nm and the linker that comes with Rust for x86-64; takes some five minutes.
set -eu
export LC_ALL=C
cd "$(dirname "$0")/.."
command -v gdb nm >/dev/null || { echo "this needs gdb and nm" >&2 && exit 1; }
: "${CARGO:=cargo}" "${CARGO_TARGET_DIR:=$PWD/target}"
export CARGO_TARGET_DIR
lineage=$CARGO_TARGET_DIR/release/lineage
mkdir -p "$CARGO_TARGET_DIR"
work=$(mktemp -d "$CARGO_TARGET_DIR/order.XXXXXX")
trap 'rm -rf "$work"' EXIT

$CARGO bench --locked --bench commands -- --no-peers --rows 1000 --rows 100000 >/dev/null # makes the logs
$CARGO rustc --release --locked --bin lineage -- -C strip=none -C link-arg="-Wl,--no-demangle,-Map=$work/map"
nm "$lineage" | awk '$2 ~ /^[tTwWi]$/ { sub(/^0+/, "", $1); print $1 }' | sort -u >"$work/functions"

# A debugger stops at each function once, the first time that it is called, and says the number of the stop.
calls() {
    "$lineage" "$@" >/dev/null 2>&1 || { echo "this failed: lineage $*" >&2 && exit 1; }
    runs=$((${runs:-0} + 1))
    {
        printf 'set confirm off\nset breakpoint always-inserted on\n'
        sed 's/^/tbreak *0x/' "$work/functions"
        printf 'run %s >/dev/null 2>&1\nwhile 1\ncontinue\nend\n' "$*"
    } >"$work/run"
    gdb -nx -q -batch -x "$work/run" "$lineage" 2>/dev/null </dev/null |
        sed -n 's/.*emporary breakpoint \([0-9]*\), .*/\1/p' >"$work/calls.$runs"
}
for rows in 1000 100000; do # one reader, and two
    for log in "$CARGO_TARGET_DIR/bench/log-"*"-$rows/results.tsv"; do :; done # the last, which is the newest
    store=$work/store$rows
    mkdir "$store" && cp "$log" "$store"
    calls append --store "$store" --status keep --metric 0.5 --specialist opt --hypothesis first
    calls append --store "$store" --status discard --metric 0.6 --specialist opt --hypothesis second
    for read in "$log" "$store"; do
        for command in best stats chain tail "show 5" "render --for opt" tree check; do
            # shellcheck disable=SC2086 # the words of a command
            calls $command --store "$read"
        done
    done
done

# The map says in which section of which file a function is. What most runs call comes first, what the same runs call stays
# together. The hashes in the names of Rust functions change with the compiler and with the code around: any will do.
{
    echo "/* The functions that the commands call, side by side. Written by build/order.sh; a line that fits nothing does nothing. */
SECTIONS {
  .text.order : {"
    for run in "$work"/calls.*; do
        sed "s/\$/ ${run##*.}/" "$run"
    done | sort | awk '
        $1 != call { if (call) print count, runs, call; call = $1; count = 0; runs = "" }
        { count++; runs = runs "," $2 }
        END { print count, runs, call }
    ' | sort -k1,1nr -k2 | awk -v map="$work/map" -v functions="$work/functions" '
        BEGIN {
            while ((getline address < functions) > 0) number[address] = ++count
            while ((getline line < map) > 0) {
                split(line, word, " ")
                if (line ~ /:\(.*\)$/) place = ""
                if (match(line, /[^\/]*:\(\.text[^)]*\)$/)) {
                    n = split(substr(line, RSTART, RLENGTH), part, /[():]+/) # archive, member, section, nothing
                    place = "(" part[n - 1] ")"
                    if (place == "(.text)" || part[n - 3] ~ /\.a$/) place = part[n - 2] place # C: only the file tells them apart
                    if (part[n - 3] ~ /\.a$/) place = part[n - 3] ":" place
                }
                if (place && word[1] in number) at[number[word[1]]] = place
            }
        }
        $3 in at {
            place = at[$3]
            gsub(/17h[0-9a-f]+E/, "17h*E", place)
            gsub(/Cs[0-9A-Za-z]+_/, "Cs*_", place)
            sub(/\.[0-9]+\)$/, "*)", place)
            if (!seen[place]++) print "    *" place
        }
    '
    echo "  }
}
INSERT BEFORE .text;"
} >"$work/order.ld"
if [ "$(wc -l <"$work/order.ld")" -lt 500 ]; then
    echo "gdb or the linker's map told of hardly any function: build/order.ld is as it was" >&2
    exit 1
fi
mv "$work/order.ld" build/order.ld
