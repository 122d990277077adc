#!/bin/sh
# Runs one proposal and logs it. Copy this script to start a loop of your own: only the columns given with --set, the exit
# statuses of measure.sh and what is stored belong to this example.
#
#   run_trial.sh JOB SPECIALIST PARENT EXPECTED_DELTA HYPOTHESIS SETTINGS
#
# The exit status is that of measure.sh. If this script was interrupted, run it again: a JOB is not logged twice. A keep is stored
# with a snapshot of what made it: here its settings, one per line; in a search over code, the code. LINEAGE names the binary.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
printf '%s\n' "$6" | tr ' ' '\n' >settings

exec "${LINEAGE:-lineage}" run --once --job-name "$1" --specialist "$2" --parent "$3" --expected-delta "$4" --hypothesis "$5" \
    --set settings="$6" --snapshot settings \
    --on-exit 3=preflight_crash,4=train_budget_overrun,5=eval_budget_overrun,6=size_blocked,7=disqualified \
    -- "$here/measure.sh" "$6"
