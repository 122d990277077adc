#!/bin/sh
# Measures one proposal and logs it. Copy this script to start a loop of your own: only the function `measure` and the columns
# given with --set belong to this example.
#
#   run_trial.sh JOB SPECIALIST PARENT EXPECTED_DELTA HYPOTHESIS SETTINGS
#
# Prints the id of the trial and exits with 0 once the trial is in the log, however it ended. If it was interrupted, run it
# again: a JOB is not logged twice.
#
# A keep is stored with a snapshot of what made it: here its settings, one per line; in a search over code, the code.
#
# The score is the size of the packed corpus in bytes. LINEAGE names the binary, CORPUS the file to pack.
set -eu
export LC_ALL=C # decimal points, and messages that read the same everywhere
if [ $# -ne 6 ]; then
    echo "usage: run_trial.sh JOB SPECIALIST PARENT EXPECTED_DELTA HYPOTHESIS SETTINGS" >&2
    exit 2
fi
job=$1 specialist=$2 parent=$3 expected_delta=$4 hypothesis=$5 settings=$6

lineage=${LINEAGE:-lineage}
corpus=${CORPUS:-corpus.csv}
pack=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)/pack.sh
pack_budget=3   # seconds; the "training" of this search
unpack_budget=2 # seconds; its "evaluation"
dict_cap=4096   # bytes; the dictionary ships with the unpacker and does not count as packed, so it has its own limit

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Seconds with a fraction. A date without %N prints "1714572000.N", which awk reads as whole seconds.
now() { date +%s.%N; }
since() { awk -v from="$1" -v to="$(now)" 'BEGIN { printf "%.2f", to - from }'; }

# timeout exits with 124; some versions pass on 143, the status of the signal they sent.
too_late() { [ "$1" -eq 124 ] || [ "$1" -eq 143 ]; }

# The first and the last line of stderr usually hold the reason: some tools print it first and their usage after it; a
# traceback ends with it.
reason() {
    awk 'NF { if (first == "") first = $0; last = $0 }
         END { if (first != "") print first; if (last != first) print last }' "$work/stderr" >"$work/notes"
    [ -s "$work/notes" ] || echo "exit status $1, nothing on stderr" >"$work/notes"
}

# Sets status and, as far as they are known, bytes, dict_bytes, train_s and eval_s; leaves the reason in $work/notes.
measure() {
    # Find what cannot work before it costs time.
    code=0
    "$pack" check "$settings" "$work" 2>"$work/stderr" || code=$?
    if [ "$code" -ne 0 ]; then
        status=preflight_crash
        reason "$code"
        return
    fi

    start=$(now)
    timeout "$pack_budget" "$pack" pack "$settings" "$work" <"$corpus" >"$work/packed" 2>"$work/stderr" || code=$?
    train_s=$(since "$start")
    if too_late "$code"; then
        status=train_budget_overrun
        echo "packing was stopped after $pack_budget s" >"$work/notes"
        return
    elif [ "$code" -ne 0 ]; then
        status=crash
        reason "$code"
        return
    fi
    bytes=$(($(wc -c <"$work/packed")))
    if [ -e "$work/dict" ]; then
        dict_bytes=$(($(wc -c <"$work/dict")))
    fi

    start=$(now)
    timeout "$unpack_budget" "$pack" unpack "$settings" "$work" <"$work/packed" >"$work/unpacked" 2>"$work/stderr" ||
        code=$?
    eval_s=$(since "$start")
    if too_late "$code"; then
        status=eval_budget_overrun
        echo "packed in $train_s s, but unpacking was stopped after $unpack_budget s" >"$work/notes"
    elif [ "$code" -ne 0 ]; then
        status=crash
        reason "$code"
    elif ! cmp "$corpus" - <"$work/unpacked" >"$work/stderr" 2>&1; then
        status=disqualified
        reason 1
    elif [ "${dict_bytes:-0}" -gt "$dict_cap" ]; then
        status=size_blocked
        echo "the dictionary has $dict_bytes bytes; the limit is $dict_cap" >"$work/notes"
    else
        # keep or discard: lineage decides under its lock, when it knows the best.
        status=auto
        echo "packed in $train_s s, unpacked in $eval_s s" >"$work/notes"
    fi
}

bytes='' dict_bytes='' train_s='' eval_s=''
begin=$(now)
measure

# The contents of the snapshot.
printf '%s\n' "$settings" | tr ' ' '\n' >"$work/settings"

# Pass free text in a file: on the command line, a leading @ or a single - has a meaning.
printf '%s\n' "$hypothesis" >"$work/hypothesis"

# An empty value counts as not given, so one command logs successes and failures. The score of a trial that failed a gate is
# logged too: it shows how good the idea was.
"$lineage" append --once --job-name "$job" --status "$status" --metric "$bytes" \
    --specialist "$specialist" --parent "$parent" --hypothesis "@$work/hypothesis" --expected-delta "$expected_delta" \
    --train-s "$train_s" --total-s "$(since "$begin")" --notes "@$work/notes" \
    --snapshot "$work/settings" --set settings="$settings" --set dict_bytes="$dict_bytes" --set eval_s="$eval_s"
