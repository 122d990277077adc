#!/bin/sh
# A complete search in half a minute: four specialists take turns at packing a file smaller. Only the proposals are prepared,
# which an agent would make; every size, time and failure is measured.
#
#   search.sh [DIR]     DIR is for the corpus and the log (default: target/demo); it is emptied first
#
# LINEAGE names the binary (default: lineage). A compressor that is not installed becomes a preflight_crash.
set -eu
dir=${1:-target/demo}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

LINEAGE=${LINEAGE:-lineage}
case $LINEAGE in
    /*) ;;
    */*) LINEAGE=$PWD/$LINEAGE ;; # the directory changes below
esac
export LINEAGE
"$LINEAGE" --version >/dev/null || {
    echo "search.sh: cannot run $LINEAGE; set LINEAGE to the binary" >&2
    exit 1
}

# Empty only what an earlier run made, never another directory or store.
if [ -n "$(ls -A -- "$dir" 2>/dev/null)" ] && [ ! -e "$dir/made-by-search.sh" ]; then
    echo "search.sh: $dir is not empty, and was not made by an earlier run; give another directory" >&2
    exit 1
fi
mkdir -p -- "$dir"
cd -- "$dir"
rm -rf .lineage corpus.csv prompt.md best settings trial.log
: >made-by-search.sh
export LINEAGE_STORE=.lineage # not a store further up or in the environment

"$here/corpus.sh" >corpus.csv
"$LINEAGE" --quiet init --metric bytes --direction minimize --columns settings,dict_bytes,eval_s >/dev/null
cat >.lineage/insights.md <<'INSIGHTS'
- Unpacking must restore the input byte for byte. Packing may take 3 s, unpacking 2 s.
- The dictionary ships separately: it does not count as packed bytes, but it may have at most 4096 bytes.
INSIGHTS

# field ID COLUMN: one cell of the log.
field() { "$LINEAGE" chain "$1" --field "$2" | tail -n 1; }

# change SETTINGS KEY=VALUE...: the settings with these values; an empty VALUE drops the key.
change() {
    settings=$1
    shift
    for edit in "$@"; do
        changed=
        for setting in $settings; do
            if [ "${setting%%=*}" = "${edit%%=*}" ]; then
                setting=$edit
                edit=
            fi
            [ -z "${setting#*=}" ] || changed="$changed $setting"
        done
        [ -z "${edit#*=}" ] || changed="$changed $edit"
        settings=$changed
    done
    echo "${settings# }"
}

# propose SPECIALIST PARENT EXPECTED_DELTA HYPOTHESIS SETTINGS: measures, logs and prints one line.
propose() {
    number=$((number + 1))
    # A proposal that fails is logged too; what it measured and why it failed is in trial.log.
    "$here/run_trial.sh" "$(printf 'trial-%02d' "$number")" "$@" >trial.log 2>&1 || true
    id=$(sed -n 's/^lineage: \([^ ]*\) .*/\1/p' trial.log)
    if [ -z "$id" ]; then # it could not be logged
        cat trial.log >&2
        exit 1
    fi
    bytes=$(field "$id" metric)
    printf '%s  %-20s  %7s  %-6s  %s\n' "$id" "$(field "$id" status)" "${bytes:--}" "$1" "$4"
}
number=0

propose codec none '' 'gzip as it comes' 'codec=gzip level=6'

# Each specialist in turn edits one thing: of the best trial, or of its own last one, to fix it. The lines below stand in for an
# agent that reads prompt.md.
while IFS='|' read -r specialist from expected_delta edits hypothesis; do
    "$LINEAGE" render --for "$specialist" >prompt.md
    if [ "$from" = last ]; then
        parent=$("$LINEAGE" tail -n 1 --specialist "$specialist" --format tsv | awk 'NR == 2 { print $1 }')
    else
        parent=$("$LINEAGE" best --field exp_id)
    fi
    before=$(field "$parent" settings)
    # shellcheck disable=SC2086  # one or several edits
    settings=$(change "$before" $edits)
    [ "$settings" != "$before" ] || continue # nothing new to learn
    propose "$specialist" "$parent" "$expected_delta" "$hypothesis" "$settings" </dev/null
done <<'IDEAS'
codec|best|-8000|level=9|level 9 looks longer for a match, and time to pack is not what we lack
layout|best|-40000|layout=columns|write column after column: like sits next to like, and matches get longer
fields|best|-30000|time=delta|the time only ever grows: store the step since the row before
dict|best|-20000|words=100|the notes repeat few words: give the 100 that cost most a code of two characters
codec|best|-60000|codec=bzip2|sort contexts instead of looking back 32 KiB: the notes are text
layout|best|-15000|order=search|no need to guess which columns go well together: try all 720 orders, keep the smallest
fields|best|-12000|reading=rounded|the last digit of a reading is noise: round it away
dict|best|-25000|words=800|if 100 words pay, 800 pay more
codec|best|-5000|flags=--ultra|ask for the levels beyond 9 that --ultra opens
layout|best|-6000|order=213456|trying all orders is too slow, so guess one: the station before the time
fields|best|-15000|reading=delta|a station hardly changes between two rows: store the step from its own last reading
dict|last|-15000|words=400|800 words shrink the file but miss the cap by half: 400 fit
codec|best|-20000|codec=xz|xz has the whole corpus in its window, and models literals as well
layout|best|-8000|order=search level=1|search all orders once more: at level 1 it must be fast enough
fields|best|-30000|sum=forked|the checksum cannot be squeezed, but left out and computed again: a process for each row is simplest
dict|best|-4000|words=500|there is room below the cap: 500 words
codec|best|-12000|codec=xz flags=--lzma2=preset=9,lc=4,lp=2|xz was tuned for binaries: more literal context for text
layout|best|-5000|layout=rows|what sorts contexts may prefer whole rows again: their fields predict each other
fields|last|-30000|sum=computed|to leave the checksum out was right, a process a row was not: compute all of them in one
dict|best|-6000|words=5000|a code for every word there is
codec|last|-8000|flags=--lzma2=preset=9,lc=4,pb=0|lc and lp share four bits: keep lc=4, and give up the alignment instead
layout|best|-4000|layout=rows|rows won on the branch that the checksum left behind: rows without it
fields|best|-4000|note=lower|capital letters begin a sentence and say nothing: lower case
dict|best|-3000|words=500|so did 500 words: take them over as well
codec|best|-10000|codec=brotli|brotli comes with a dictionary of its own
layout|best|-1500|order=251346|the station and the note in front: they are what repeats
fields|best|-3000|station=number|every station is called station-: store its number only
dict|best|-1000|words=550|fill the dictionary up to its cap
codec|best|-15000|codec=zstd level=19|zstd at level 19 is close to xz and unpacks at once
layout|best|-1000|order=524136|the note alone in front: what follows it is short
fields|best|-2000|time=plain|the steps of the time are noise: their digits may be better off unchanged
dict|last|-1000|words=520|30 words too many: 520
codec|best|-500|level=5|smaller blocks follow the corpus as it drifts
layout|best|-2000|layout=columns|columns once more, now that the checksum is gone
dict|best|-8000|words=|with contexts sorted, codes may hide the letters that predict the next word: no dictionary
IDEAS

echo
echo "== Outcomes: lineage stats"
"$LINEAGE" stats
echo
echo "== The search: lineage tree"
"$LINEAGE" tree
best=$("$LINEAGE" best --field exp_id)
echo
echo "== What the best changed: lineage diff $best 000"
"$LINEAGE" diff "$best" 000
echo
echo "== Its files: lineage checkout $best best"
"$LINEAGE" checkout "$best" best
cat best/settings
echo
echo "== The next prompt: lineage render --for dict"
"$LINEAGE" render --for dict
echo
echo "The store is $PWD/.lineage. Try:"
echo "    cd $PWD"
echo "    $LINEAGE similar 'brotli with a larger window'"
echo "    $LINEAGE plot"
echo "    $LINEAGE report -o report.html"
