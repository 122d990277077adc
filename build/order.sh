#!/bin/sh
# Writes build/order.ld anew: the functions that the commands call, for the linker to put side by side. When and why:
# docs/performance.md. Needs gdb, nm and the linker that comes with Rust for x86-64; takes some five minutes.
set -eu
cd "$(dirname "$0")/.."
: "${CARGO:=cargo}" "${CARGO_TARGET_DIR:=$PWD/target}"
export CARGO_TARGET_DIR
lineage=$CARGO_TARGET_DIR/release/lineage
work=$CARGO_TARGET_DIR/order
rm -rf "$work" && mkdir -p "$work"

# Two logs, one of them long enough for two readers.
$CARGO bench --locked --bench commands -- --no-peers --rows 1000 --rows 100000 >/dev/null
$CARGO rustc --release --locked --bin lineage -- -C strip=none -C link-arg="-Wl,--no-demangle,-Map=$work/map"

# A debugger stops at each function once, the first time that it is called, and says the number of the stop.
nm "$lineage" | awk '$2 ~ /^[tTwWi]$/ { sub(/^0+/, "", $1); print $1 }' | sort -u >"$work/functions"
calls() {
    runs=$((${runs:-0} + 1))
    {
        printf 'set confirm off\nset breakpoint always-inserted on\n'
        sed 's/^/tbreak *0x/' "$work/functions"
        printf 'run %s >/dev/null 2>&1\nwhile 1\ncontinue\nend\n' "$*"
    } >"$work/run"
    gdb -nx -q -batch -x "$work/run" "$lineage" 2>/dev/null </dev/null |
        sed -n 's/.*emporary breakpoint \([0-9]*\), .*/\1/p' >"$work/calls.$runs"
    test -s "$work/calls.$runs" || { echo "gdb saw no call of: lineage $*" >&2 && exit 1; }
}
for log in "$CARGO_TARGET_DIR"/bench/log-*-1000/results.tsv "$CARGO_TARGET_DIR"/bench/log-*-100000/results.tsv; do
    store=$work/store
    rm -rf "$store" && mkdir "$store" && cp "$log" "$store"
    calls append --store "$store" --status keep --metric 0.5 --specialist opt --hypothesis first
    calls append --store "$store" --status discard --metric 0.6 --specialist opt --hypothesis second
    for read in "$log" "$store"; do
        for command in best stats "chain --best" tail "show 5" "render --for opt" tree check; do
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
} >build/order.ld
