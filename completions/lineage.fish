# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_lineage_global_optspecs
    string join \n store= q/quiet offline color= h/help V/version
end

function __fish_lineage_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_lineage_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_lineage_using_subcommand
    set -l cmd (__fish_lineage_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c lineage -n "__fish_lineage_needs_command" -l store -d 'A store, any directory with a results.tsv, or a log file [default: the nearest .lineage upwards]' -r -F
complete -c lineage -n "__fish_lineage_needs_command" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lineage -n "__fish_lineage_needs_command" -s q -l quiet -d 'Suppress informational messages'
complete -c lineage -n "__fish_lineage_needs_command" -l offline -d 'Do not contact the database of a shared store'
complete -c lineage -n "__fish_lineage_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lineage -n "__fish_lineage_needs_command" -s V -l version -d 'Print version'
complete -c lineage -n "__fish_lineage_needs_command" -f -a "init" -d 'Make a store'
complete -c lineage -n "__fish_lineage_needs_command" -f -a "append" -d 'Log one trial, and print its id'
complete -c lineage -n "__fish_lineage_needs_command" -f -a "amend" -d 'Correct the row of a trial'
complete -c lineage -n "__fish_lineage_needs_command" -f -a "run" -d 'Run the command of one trial, and log its outcome, whatever it is'
complete -c lineage -n "__fish_lineage_needs_command" -f -a "tail" -d 'List the most recent trials, newest last'
complete -c lineage -n "__fish_lineage_needs_command" -f -a "best" -d 'Show the best trial, or the leaderboard of keeps'
complete -c lineage -n "__fish_lineage_needs_command" -f -a "chain" -d 'Show a trial\'s ancestors, oldest first'
complete -c lineage -n "__fish_lineage_needs_command" -f -a "tree" -d 'Show the whole search as a tree'
complete -c lineage -n "__fish_lineage_needs_command" -f -a "show" -d 'Show one trial with every column, and its amendments'
complete -c lineage -n "__fish_lineage_needs_command" -f -a "similar" -d 'Find earlier trials that are like a hypothesis'
complete -c lineage -n "__fish_lineage_needs_command" -f -a "search" -d 'Search hypotheses and notes for words'
complete -c lineage -n "__fish_lineage_needs_command" -f -a "diff" -d 'Show what differs between the snapshots of two trials'
complete -c lineage -n "__fish_lineage_needs_command" -f -a "checkout" -d 'Put a trial\'s files into a directory, and print its id'
complete -c lineage -n "__fish_lineage_needs_command" -f -a "rebase-to" -d 'Put a trial\'s files into a directory, and print its id'
complete -c lineage -n "__fish_lineage_needs_command" -f -a "prune" -d 'Remove snapshots that are no longer needed, and print their paths'
complete -c lineage -n "__fish_lineage_needs_command" -f -a "stats" -d 'Summarize the search on one screen'
complete -c lineage -n "__fish_lineage_needs_command" -f -a "compare" -d 'Compare logs, states of a log, or specialists side by side'
complete -c lineage -n "__fish_lineage_needs_command" -f -a "plot" -d 'Draw the scores of all trials'
complete -c lineage -n "__fish_lineage_needs_command" -f -a "report" -d 'Write one page with the whole search'
complete -c lineage -n "__fish_lineage_needs_command" -f -a "render" -d 'Print the prompt that opens an agent\'s session'
complete -c lineage -n "__fish_lineage_needs_command" -f -a "prompts" -d 'List saved prompts: when, for which specialist, as of which trial'
complete -c lineage -n "__fish_lineage_needs_command" -f -a "check" -d 'Find problems in a log'
complete -c lineage -n "__fish_lineage_needs_command" -f -a "import" -d 'Import the log of another tool, or another store, into a store'
complete -c lineage -n "__fish_lineage_needs_command" -f -a "pull" -d 'Fetch the trials of other hosts into the mirror of a shared store'
complete -c lineage -n "__fish_lineage_needs_command" -f -a "export" -d 'Export the log for another tool'
complete -c lineage -n "__fish_lineage_needs_command" -f -a "completions" -d 'Print the completion script for a shell'
complete -c lineage -n "__fish_lineage_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c lineage -n "__fish_lineage_using_subcommand init" -l store -d 'A store, any directory with a results.tsv, or a log file [default: the nearest .lineage upwards]' -r -F
complete -c lineage -n "__fish_lineage_using_subcommand init" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lineage -n "__fish_lineage_using_subcommand init" -l metric -d 'The number that the search optimises; the score is in the column of this name, else in core_metric [default: core_metric]' -r
complete -c lineage -n "__fish_lineage_using_subcommand init" -l direction -d 'Which scores are better [default: minimize, or what a log in the directory shows]' -r -f -a "minimize\t'Lower is better'
maximize\t'Higher is better'"
complete -c lineage -n "__fish_lineage_using_subcommand init" -l label -d 'A short name for the metric' -r
complete -c lineage -n "__fish_lineage_using_subcommand init" -l columns -d 'Columns of the log in addition to the 17 standard ones' -r
complete -c lineage -n "__fish_lineage_using_subcommand init" -l shared -d 'Mirror a run of this PostgreSQL database, which hosts share: postgres://USER@HOST/DATABASE; passwords as for psql' -r
complete -c lineage -n "__fish_lineage_using_subcommand init" -l run -d 'The name of the search in the database; it is created if there is none' -r
complete -c lineage -n "__fish_lineage_using_subcommand init" -l agent -d 'Also write the files that make this coding agent use the store' -r -f -a "claude\t'Claude Code'
codex\t'Codex CLI'
gemini\t'Gemini CLI'
generic\t'Any other agent that reads AGENTS.md'"
complete -c lineage -n "__fish_lineage_using_subcommand init" -s q -l quiet -d 'Suppress informational messages'
complete -c lineage -n "__fish_lineage_using_subcommand init" -l offline -d 'Do not contact the database of a shared store'
complete -c lineage -n "__fish_lineage_using_subcommand init" -l dry-run -d 'Only print the files of --agent'
complete -c lineage -n "__fish_lineage_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lineage -n "__fish_lineage_using_subcommand append" -l store -d 'A store, any directory with a results.tsv, or a log file [default: the nearest .lineage upwards]' -r -F
complete -c lineage -n "__fish_lineage_using_subcommand append" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lineage -n "__fish_lineage_using_subcommand append" -l status -d 'Outcome: baseline, keep, discard, crash, eval_budget_overrun, train_budget_overrun, size_blocked, preflight_crash, disqualified, harness_abort; or auto: keep if the score beats the best, else discard, baseline if there is no best' -r -f -a "auto\t''
baseline\t'start from here'
keep\t'build on it'
discard\t'do not repeat this exact edit'
crash\t'avoid this, or fix the bug and try it again'
eval_budget_overrun\t'training fits the budget; make the evaluation cheaper, or leave it unchanged'
train_budget_overrun\t'do less per step, or take fewer steps; time a short run first'
size_blocked\t'the idea may be fine: reduce the artifact size first; the score does not count'
preflight_crash\t'run the script for a few seconds before submitting: imports, shapes, data loader'
disqualified\t'look at the missed gate before the score'
harness_abort\t'ignore it'"
complete -c lineage -n "__fish_lineage_using_subcommand append" -l metric -d 'The score' -r
complete -c lineage -n "__fish_lineage_using_subcommand append" -l val-bpb -d 'Validation bits per byte, if that is not the score' -r
complete -c lineage -n "__fish_lineage_using_subcommand append" -l train-s -d 'Seconds of training' -r
complete -c lineage -n "__fish_lineage_using_subcommand append" -l total-s -d 'Seconds in total' -r
complete -c lineage -n "__fish_lineage_using_subcommand append" -l snapshot-path -d 'Path of its snapshot relative to the store, if another program made it' -r -F
complete -c lineage -n "__fish_lineage_using_subcommand append" -l timestamp -d 'When it ended [default: now]' -r
complete -c lineage -n "__fish_lineage_using_subcommand append" -l parent -d 'The trial it started from, or `none` [default: the best]' -r
complete -c lineage -n "__fish_lineage_using_subcommand append" -l baseline -d 'The trial it is compared with, or `none` [default: the best]' -r
complete -c lineage -n "__fish_lineage_using_subcommand append" -l domain -d 'The subject of the edit [default: the specialist]' -r
complete -c lineage -n "__fish_lineage_using_subcommand append" -l hypothesis -d 'What was proposed; `-` reads stdin, @FILE a file, @@ starts a text with @' -r
complete -c lineage -n "__fish_lineage_using_subcommand append" -l expected-delta -d 'The difference that the agent predicted' -r
complete -c lineage -n "__fish_lineage_using_subcommand append" -l job-name -d 'The job that ran it' -r
complete -c lineage -n "__fish_lineage_using_subcommand append" -l attempt -d 'Which attempt of the job this is; from the second on, the job is logged as NAME#N' -r
complete -c lineage -n "__fish_lineage_using_subcommand append" -l notes -d 'How it went; `-` reads stdin, @FILE a file, @@ starts a text with @' -r
complete -c lineage -n "__fish_lineage_using_subcommand append" -l exp-id -d 'Its id [default: the next one]' -r
complete -c lineage -n "__fish_lineage_using_subcommand append" -l set -d 'Any other column of the log; may be given more than once' -r
complete -c lineage -n "__fish_lineage_using_subcommand append" -l specialist -d 'Who proposed it [default: $LINEAGE_SPECIALIST]' -r
complete -c lineage -n "__fish_lineage_using_subcommand append" -l snapshot -d 'File or directory to freeze if it is a keep or a baseline [default: `path` in the settings]' -r -F
complete -c lineage -n "__fish_lineage_using_subcommand append" -l direction -d 'Which scores are better [default: the setting, else what the log\'s keeps show]' -r -f -a "minimize\t'Lower is better'
maximize\t'Higher is better'"
complete -c lineage -n "__fish_lineage_using_subcommand append" -l min-delta -d 'With status auto, keep only what beats the best by more than this [default: `min_delta` in the settings, else 0]' -r
complete -c lineage -n "__fish_lineage_using_subcommand append" -l lock-timeout -d 'How long to wait for another writer' -r
complete -c lineage -n "__fish_lineage_using_subcommand append" -l format -d 'What to print' -r -f -a "id\t'The id'
json\t'The row as a JSON object'"
complete -c lineage -n "__fish_lineage_using_subcommand append" -s q -l quiet -d 'Suppress informational messages'
complete -c lineage -n "__fish_lineage_using_subcommand append" -l offline -d 'Do not contact the database of a shared store'
complete -c lineage -n "__fish_lineage_using_subcommand append" -l json -d 'Read trials from stdin: one JSON object, or one per line; all are logged, or none'
complete -c lineage -n "__fish_lineage_using_subcommand append" -l once -d 'If this attempt of the job is already logged, print its id and write nothing; a different status or score is an error'
complete -c lineage -n "__fish_lineage_using_subcommand append" -l new-log -d 'Start a new log even though the old one is missing and its snapshots or prompts are still in the store'
complete -c lineage -n "__fish_lineage_using_subcommand append" -l require-id -d 'Fail if the database of a shared store is unreachable, instead of logging the trial later'
complete -c lineage -n "__fish_lineage_using_subcommand append" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lineage -n "__fish_lineage_using_subcommand amend" -l store -d 'A store, any directory with a results.tsv, or a log file [default: the nearest .lineage upwards]' -r -F
complete -c lineage -n "__fish_lineage_using_subcommand amend" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lineage -n "__fish_lineage_using_subcommand amend" -l status -d 'Its outcome: baseline, keep, discard, crash …' -r -f -a "baseline\t'start from here'
keep\t'build on it'
discard\t'do not repeat this exact edit'
crash\t'avoid this, or fix the bug and try it again'
eval_budget_overrun\t'training fits the budget; make the evaluation cheaper, or leave it unchanged'
train_budget_overrun\t'do less per step, or take fewer steps; time a short run first'
size_blocked\t'the idea may be fine: reduce the artifact size first; the score does not count'
preflight_crash\t'run the script for a few seconds before submitting: imports, shapes, data loader'
disqualified\t'look at the missed gate before the score'
harness_abort\t'ignore it'"
complete -c lineage -n "__fish_lineage_using_subcommand amend" -l notes -d 'How it went; `-` reads stdin, @FILE a file, @@ starts a text with @' -r
complete -c lineage -n "__fish_lineage_using_subcommand amend" -l set -d 'Any other column; for the score, `metric` or the metric\'s name; an empty value clears it; may be repeated' -r
complete -c lineage -n "__fish_lineage_using_subcommand amend" -l why -d 'Why the row is wrong; as for --notes' -r
complete -c lineage -n "__fish_lineage_using_subcommand amend" -l lock-timeout -d 'How long to wait for another writer' -r
complete -c lineage -n "__fish_lineage_using_subcommand amend" -l format -d 'Output format' -r -f -a "table\t'Text for a person'
json\t'One JSON array; one object for `show`, `stats`, and `best` without --top'
jsonl\t'One JSON object per line'
tsv\t'Tab-separated with a header'
csv\t'Comma-separated with a header'
md\t'A Markdown table'"
complete -c lineage -n "__fish_lineage_using_subcommand amend" -s q -l quiet -d 'Suppress informational messages'
complete -c lineage -n "__fish_lineage_using_subcommand amend" -l offline -d 'Do not contact the database of a shared store'
complete -c lineage -n "__fish_lineage_using_subcommand amend" -l dry-run -d 'Show the change and write nothing'
complete -c lineage -n "__fish_lineage_using_subcommand amend" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lineage -n "__fish_lineage_using_subcommand run" -l store -d 'A store, any directory with a results.tsv, or a log file [default: the nearest .lineage upwards]' -r -F
complete -c lineage -n "__fish_lineage_using_subcommand run" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lineage -n "__fish_lineage_using_subcommand run" -l parent -d 'The trial it started from, or `none` [default: the best]' -r
complete -c lineage -n "__fish_lineage_using_subcommand run" -l baseline -d 'The trial it is compared with, or `none` [default: the best]' -r
complete -c lineage -n "__fish_lineage_using_subcommand run" -l domain -d 'The subject of the edit [default: the specialist]' -r
complete -c lineage -n "__fish_lineage_using_subcommand run" -l hypothesis -d 'What was proposed; `-` reads stdin, @FILE a file, @@ starts a text with @' -r
complete -c lineage -n "__fish_lineage_using_subcommand run" -l expected-delta -d 'The difference that the agent predicted' -r
complete -c lineage -n "__fish_lineage_using_subcommand run" -l job-name -d 'The job that ran it' -r
complete -c lineage -n "__fish_lineage_using_subcommand run" -l attempt -d 'Which attempt of the job this is; from the second on, the job is logged as NAME#N' -r
complete -c lineage -n "__fish_lineage_using_subcommand run" -l notes -d 'How it went; `-` reads stdin, @FILE a file, @@ starts a text with @' -r
complete -c lineage -n "__fish_lineage_using_subcommand run" -l exp-id -d 'Its id [default: the next one]' -r
complete -c lineage -n "__fish_lineage_using_subcommand run" -l set -d 'Any other column of the log; may be given more than once' -r
complete -c lineage -n "__fish_lineage_using_subcommand run" -l specialist -d 'Who proposed it [default: $LINEAGE_SPECIALIST]' -r
complete -c lineage -n "__fish_lineage_using_subcommand run" -l snapshot -d 'File or directory to freeze before the command runs, stored if the trial is a keep or a baseline [default: `path` in the settings]' -r -F
complete -c lineage -n "__fish_lineage_using_subcommand run" -l timeout -d 'Stop the command, or each run of --repeat, after this time, such as 90s, 20m or 1h30m, and exit with 124' -r
complete -c lineage -n "__fish_lineage_using_subcommand run" -l kill-after -d 'Send SIGKILL this long after SIGTERM, or after a forwarded signal' -r
complete -c lineage -n "__fish_lineage_using_subcommand run" -l repeat -d 'Run the command N times and log the median; $LINEAGE_REPEAT is the number of the run, from 1' -r
complete -c lineage -n "__fish_lineage_using_subcommand run" -l log -d 'Write stdout and stderr of the command to this file too' -r -F
complete -c lineage -n "__fish_lineage_using_subcommand run" -l status -d 'The status of a trial that completes' -r -f -a "auto\t''
baseline\t'start from here'
keep\t'build on it'
discard\t'do not repeat this exact edit'
crash\t'avoid this, or fix the bug and try it again'
eval_budget_overrun\t'training fits the budget; make the evaluation cheaper, or leave it unchanged'
train_budget_overrun\t'do less per step, or take fewer steps; time a short run first'
size_blocked\t'the idea may be fine: reduce the artifact size first; the score does not count'
preflight_crash\t'run the script for a few seconds before submitting: imports, shapes, data loader'
disqualified\t'look at the missed gate before the score'
harness_abort\t'ignore it'"
complete -c lineage -n "__fish_lineage_using_subcommand run" -l metric-file -d 'The JSON file to which the command writes the score and other columns' -r -F
complete -c lineage -n "__fish_lineage_using_subcommand run" -l score-regex -d 'Find the score with this expression instead; its capture group is the number, and the last finite number counts' -r
complete -c lineage -n "__fish_lineage_using_subcommand run" -l on-exit -d 'Log this status if the command exits with this code, such as 3=size_blocked; may be repeated' -r
complete -c lineage -n "__fish_lineage_using_subcommand run" -l timeout-status -d 'The status of a trial that is stopped by --timeout' -r -f -a "baseline\t'start from here'
keep\t'build on it'
discard\t'do not repeat this exact edit'
crash\t'avoid this, or fix the bug and try it again'
eval_budget_overrun\t'training fits the budget; make the evaluation cheaper, or leave it unchanged'
train_budget_overrun\t'do less per step, or take fewer steps; time a short run first'
size_blocked\t'the idea may be fine: reduce the artifact size first; the score does not count'
preflight_crash\t'run the script for a few seconds before submitting: imports, shapes, data loader'
disqualified\t'look at the missed gate before the score'
harness_abort\t'ignore it'"
complete -c lineage -n "__fish_lineage_using_subcommand run" -l direction -d 'Which scores are better [default: the setting, else what the log\'s keeps show]' -r -f -a "minimize\t'Lower is better'
maximize\t'Higher is better'"
complete -c lineage -n "__fish_lineage_using_subcommand run" -l min-delta -d 'With status auto, keep only what beats the best by more than this [default: `min_delta` in the settings, else 0]' -r
complete -c lineage -n "__fish_lineage_using_subcommand run" -l lock-timeout -d 'How long to wait for another writer' -r
complete -c lineage -n "__fish_lineage_using_subcommand run" -s q -l quiet -d 'Suppress informational messages'
complete -c lineage -n "__fish_lineage_using_subcommand run" -l offline -d 'Do not contact the database of a shared store'
complete -c lineage -n "__fish_lineage_using_subcommand run" -l no-similar -d 'Do not show similar trials before the start'
complete -c lineage -n "__fish_lineage_using_subcommand run" -l once -d 'If the job given by --job-name and --attempt is already logged, exit with 0 without running the command'
complete -c lineage -n "__fish_lineage_using_subcommand run" -l require-id -d 'Fail if the database of a shared store is unreachable, instead of logging the trial later'
complete -c lineage -n "__fish_lineage_using_subcommand run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lineage -n "__fish_lineage_using_subcommand tail" -l store -d 'A store, any directory with a results.tsv, or a log file [default: the nearest .lineage upwards]' -r -F
complete -c lineage -n "__fish_lineage_using_subcommand tail" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lineage -n "__fish_lineage_using_subcommand tail" -s n -d 'Number of trials; -20 is short for -n 20 [default: 10]' -r
complete -c lineage -n "__fish_lineage_using_subcommand tail" -l sort -d 'Order of the trials that are shown [default: as in the log]' -r -f -a "score\t'Best first'
time\t'Oldest first'
delta\t'Largest improvement over the best at the time first'"
complete -c lineage -n "__fish_lineage_using_subcommand tail" -l field -d 'Print only this column, one line per trial; `metric` is the score' -r
complete -c lineage -n "__fish_lineage_using_subcommand tail" -l columns -d 'Columns to show, in this order' -r
complete -c lineage -n "__fish_lineage_using_subcommand tail" -l format -d 'Output format' -r -f -a "table\t'Text for a person'
json\t'One JSON array; one object for `show`, `stats`, and `best` without --top'
jsonl\t'One JSON object per line'
tsv\t'Tab-separated with a header'
csv\t'Comma-separated with a header'
md\t'A Markdown table'"
complete -c lineage -n "__fish_lineage_using_subcommand tail" -l status -d 'Only trials with this status; may be repeated' -r -f -a "baseline\t'start from here'
keep\t'build on it'
discard\t'do not repeat this exact edit'
crash\t'avoid this, or fix the bug and try it again'
eval_budget_overrun\t'training fits the budget; make the evaluation cheaper, or leave it unchanged'
train_budget_overrun\t'do less per step, or take fewer steps; time a short run first'
size_blocked\t'the idea may be fine: reduce the artifact size first; the score does not count'
preflight_crash\t'run the script for a few seconds before submitting: imports, shapes, data loader'
disqualified\t'look at the missed gate before the score'
harness_abort\t'ignore it'"
complete -c lineage -n "__fish_lineage_using_subcommand tail" -l specialist -d 'Only trials of this specialist; may be repeated' -r
complete -c lineage -n "__fish_lineage_using_subcommand tail" -l domain -d 'Only trials in this domain; may be repeated' -r
complete -c lineage -n "__fish_lineage_using_subcommand tail" -l grep -d 'Only trials with this text in the hypothesis or the notes, case-insensitive' -r
complete -c lineage -n "__fish_lineage_using_subcommand tail" -l metric -d 'The column with the score [default: the setting, else the log\'s own metric]' -r
complete -c lineage -n "__fish_lineage_using_subcommand tail" -l direction -d 'Which scores are better [default: the setting, else inferred from the log]' -r -f -a "minimize\t'Lower is better'
maximize\t'Higher is better'"
complete -c lineage -n "__fish_lineage_using_subcommand tail" -l since -d 'Only trials from EXP onwards, or newer than an age (90m, 1h, 2d) or a time (2026-05-01, UTC)' -r
complete -c lineage -n "__fish_lineage_using_subcommand tail" -l map -d 'Map roles to columns, as score=val_acc; roles: id, time, agent, parent, domain, hypothesis, verdict, score, notes; keep=WORD names the verdict that means keep' -r
complete -c lineage -n "__fish_lineage_using_subcommand tail" -l segment -d 'The segment to read, from 0, if a JSON lines log holds several searches [default: the last]' -r
complete -c lineage -n "__fish_lineage_using_subcommand tail" -s q -l quiet -d 'Suppress informational messages'
complete -c lineage -n "__fish_lineage_using_subcommand tail" -l offline -d 'Do not contact the database of a shared store'
complete -c lineage -n "__fish_lineage_using_subcommand tail" -s f -l follow -d 'Print new trials as they are logged'
complete -c lineage -n "__fish_lineage_using_subcommand tail" -l running -d 'List the trials in progress instead: those that `lineage run` has started and not yet logged'
complete -c lineage -n "__fish_lineage_using_subcommand tail" -l full -d 'Show the whole hypothesis and notes below the numbers'
complete -c lineage -n "__fish_lineage_using_subcommand tail" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lineage -n "__fish_lineage_using_subcommand best" -l store -d 'A store, any directory with a results.tsv, or a log file [default: the nearest .lineage upwards]' -r -F
complete -c lineage -n "__fish_lineage_using_subcommand best" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lineage -n "__fish_lineage_using_subcommand best" -l top -d 'Show the K best keeps, best first' -r
complete -c lineage -n "__fish_lineage_using_subcommand best" -l ties -d 'Which of several trials with the best score is the best [default: the setting, else first]' -r -f -a "first\t'The earliest'
last\t'The latest: a simpler edit that was kept with an equal score becomes the best'"
complete -c lineage -n "__fish_lineage_using_subcommand best" -l sort -d 'Order of the leaderboard [default: score]' -r -f -a "score\t'Best first'
time\t'Oldest first'
delta\t'Largest improvement over the best at the time first'"
complete -c lineage -n "__fish_lineage_using_subcommand best" -l field -d 'Print only this column, one line per trial; `metric` is the score' -r
complete -c lineage -n "__fish_lineage_using_subcommand best" -l columns -d 'Columns to show, in this order' -r
complete -c lineage -n "__fish_lineage_using_subcommand best" -l format -d 'Output format' -r -f -a "table\t'Text for a person'
json\t'One JSON array; one object for `show`, `stats`, and `best` without --top'
jsonl\t'One JSON object per line'
tsv\t'Tab-separated with a header'
csv\t'Comma-separated with a header'
md\t'A Markdown table'"
complete -c lineage -n "__fish_lineage_using_subcommand best" -l status -d 'Only trials with this status; may be repeated' -r -f -a "baseline\t'start from here'
keep\t'build on it'
discard\t'do not repeat this exact edit'
crash\t'avoid this, or fix the bug and try it again'
eval_budget_overrun\t'training fits the budget; make the evaluation cheaper, or leave it unchanged'
train_budget_overrun\t'do less per step, or take fewer steps; time a short run first'
size_blocked\t'the idea may be fine: reduce the artifact size first; the score does not count'
preflight_crash\t'run the script for a few seconds before submitting: imports, shapes, data loader'
disqualified\t'look at the missed gate before the score'
harness_abort\t'ignore it'"
complete -c lineage -n "__fish_lineage_using_subcommand best" -l specialist -d 'Only trials of this specialist; may be repeated' -r
complete -c lineage -n "__fish_lineage_using_subcommand best" -l domain -d 'Only trials in this domain; may be repeated' -r
complete -c lineage -n "__fish_lineage_using_subcommand best" -l grep -d 'Only trials with this text in the hypothesis or the notes, case-insensitive' -r
complete -c lineage -n "__fish_lineage_using_subcommand best" -l metric -d 'The column with the score [default: the setting, else the log\'s own metric]' -r
complete -c lineage -n "__fish_lineage_using_subcommand best" -l direction -d 'Which scores are better [default: the setting, else inferred from the log]' -r -f -a "minimize\t'Lower is better'
maximize\t'Higher is better'"
complete -c lineage -n "__fish_lineage_using_subcommand best" -l since -d 'Only trials from EXP onwards, or newer than an age (90m, 1h, 2d) or a time (2026-05-01, UTC)' -r
complete -c lineage -n "__fish_lineage_using_subcommand best" -l map -d 'Map roles to columns, as score=val_acc; roles: id, time, agent, parent, domain, hypothesis, verdict, score, notes; keep=WORD names the verdict that means keep' -r
complete -c lineage -n "__fish_lineage_using_subcommand best" -l segment -d 'The segment to read, from 0, if a JSON lines log holds several searches [default: the last]' -r
complete -c lineage -n "__fish_lineage_using_subcommand best" -s q -l quiet -d 'Suppress informational messages'
complete -c lineage -n "__fish_lineage_using_subcommand best" -l offline -d 'Do not contact the database of a shared store'
complete -c lineage -n "__fish_lineage_using_subcommand best" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lineage -n "__fish_lineage_using_subcommand chain" -l store -d 'A store, any directory with a results.tsv, or a log file [default: the nearest .lineage upwards]' -r -F
complete -c lineage -n "__fish_lineage_using_subcommand chain" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lineage -n "__fish_lineage_using_subcommand chain" -l field -d 'Print only this column, one line per trial; `metric` is the score' -r
complete -c lineage -n "__fish_lineage_using_subcommand chain" -l columns -d 'Columns to show, in this order' -r
complete -c lineage -n "__fish_lineage_using_subcommand chain" -l format -d 'Output format' -r -f -a "table\t'Text for a person'
json\t'One JSON array; one object for `show`, `stats`, and `best` without --top'
jsonl\t'One JSON object per line'
tsv\t'Tab-separated with a header'
csv\t'Comma-separated with a header'
md\t'A Markdown table'"
complete -c lineage -n "__fish_lineage_using_subcommand chain" -l status -d 'Only trials with this status; may be repeated' -r -f -a "baseline\t'start from here'
keep\t'build on it'
discard\t'do not repeat this exact edit'
crash\t'avoid this, or fix the bug and try it again'
eval_budget_overrun\t'training fits the budget; make the evaluation cheaper, or leave it unchanged'
train_budget_overrun\t'do less per step, or take fewer steps; time a short run first'
size_blocked\t'the idea may be fine: reduce the artifact size first; the score does not count'
preflight_crash\t'run the script for a few seconds before submitting: imports, shapes, data loader'
disqualified\t'look at the missed gate before the score'
harness_abort\t'ignore it'"
complete -c lineage -n "__fish_lineage_using_subcommand chain" -l specialist -d 'Only trials of this specialist; may be repeated' -r
complete -c lineage -n "__fish_lineage_using_subcommand chain" -l domain -d 'Only trials in this domain; may be repeated' -r
complete -c lineage -n "__fish_lineage_using_subcommand chain" -l grep -d 'Only trials with this text in the hypothesis or the notes, case-insensitive' -r
complete -c lineage -n "__fish_lineage_using_subcommand chain" -l metric -d 'The column with the score [default: the setting, else the log\'s own metric]' -r
complete -c lineage -n "__fish_lineage_using_subcommand chain" -l direction -d 'Which scores are better [default: the setting, else inferred from the log]' -r -f -a "minimize\t'Lower is better'
maximize\t'Higher is better'"
complete -c lineage -n "__fish_lineage_using_subcommand chain" -l since -d 'Only trials from EXP onwards, or newer than an age (90m, 1h, 2d) or a time (2026-05-01, UTC)' -r
complete -c lineage -n "__fish_lineage_using_subcommand chain" -l map -d 'Map roles to columns, as score=val_acc; roles: id, time, agent, parent, domain, hypothesis, verdict, score, notes; keep=WORD names the verdict that means keep' -r
complete -c lineage -n "__fish_lineage_using_subcommand chain" -l segment -d 'The segment to read, from 0, if a JSON lines log holds several searches [default: the last]' -r
complete -c lineage -n "__fish_lineage_using_subcommand chain" -s q -l quiet -d 'Suppress informational messages'
complete -c lineage -n "__fish_lineage_using_subcommand chain" -l offline -d 'Do not contact the database of a shared store'
complete -c lineage -n "__fish_lineage_using_subcommand chain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lineage -n "__fish_lineage_using_subcommand tree" -l store -d 'A store, any directory with a results.tsv, or a log file [default: the nearest .lineage upwards]' -r -F
complete -c lineage -n "__fish_lineage_using_subcommand tree" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lineage -n "__fish_lineage_using_subcommand tree" -l root -d 'Only this trial and its descendants' -r
complete -c lineage -n "__fish_lineage_using_subcommand tree" -l depth -d 'Maximum depth below a root' -r
complete -c lineage -n "__fish_lineage_using_subcommand tree" -l format -d 'Output format' -r -f -a "table\t'Text for a person'
json\t'One JSON array; one object for `show`, `stats`, and `best` without --top'
jsonl\t'One JSON object per line'
tsv\t'Tab-separated with a header'
csv\t'Comma-separated with a header'
md\t'A Markdown table'
dot\t'A graph for Graphviz'
mermaid\t'A graph for Mermaid, as GitHub draws it'"
complete -c lineage -n "__fish_lineage_using_subcommand tree" -l status -d 'Only trials with this status; may be repeated' -r -f -a "baseline\t'start from here'
keep\t'build on it'
discard\t'do not repeat this exact edit'
crash\t'avoid this, or fix the bug and try it again'
eval_budget_overrun\t'training fits the budget; make the evaluation cheaper, or leave it unchanged'
train_budget_overrun\t'do less per step, or take fewer steps; time a short run first'
size_blocked\t'the idea may be fine: reduce the artifact size first; the score does not count'
preflight_crash\t'run the script for a few seconds before submitting: imports, shapes, data loader'
disqualified\t'look at the missed gate before the score'
harness_abort\t'ignore it'"
complete -c lineage -n "__fish_lineage_using_subcommand tree" -l specialist -d 'Only trials of this specialist; may be repeated' -r
complete -c lineage -n "__fish_lineage_using_subcommand tree" -l domain -d 'Only trials in this domain; may be repeated' -r
complete -c lineage -n "__fish_lineage_using_subcommand tree" -l grep -d 'Only trials with this text in the hypothesis or the notes, case-insensitive' -r
complete -c lineage -n "__fish_lineage_using_subcommand tree" -l metric -d 'The column with the score [default: the setting, else the log\'s own metric]' -r
complete -c lineage -n "__fish_lineage_using_subcommand tree" -l direction -d 'Which scores are better [default: the setting, else inferred from the log]' -r -f -a "minimize\t'Lower is better'
maximize\t'Higher is better'"
complete -c lineage -n "__fish_lineage_using_subcommand tree" -l since -d 'Only trials from EXP onwards, or newer than an age (90m, 1h, 2d) or a time (2026-05-01, UTC)' -r
complete -c lineage -n "__fish_lineage_using_subcommand tree" -l map -d 'Map roles to columns, as score=val_acc; roles: id, time, agent, parent, domain, hypothesis, verdict, score, notes; keep=WORD names the verdict that means keep' -r
complete -c lineage -n "__fish_lineage_using_subcommand tree" -l segment -d 'The segment to read, from 0, if a JSON lines log holds several searches [default: the last]' -r
complete -c lineage -n "__fish_lineage_using_subcommand tree" -s q -l quiet -d 'Suppress informational messages'
complete -c lineage -n "__fish_lineage_using_subcommand tree" -l offline -d 'Do not contact the database of a shared store'
complete -c lineage -n "__fish_lineage_using_subcommand tree" -l all -d 'One line for each trial, including failed and ignored ones'
complete -c lineage -n "__fish_lineage_using_subcommand tree" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lineage -n "__fish_lineage_using_subcommand show" -l store -d 'A store, any directory with a results.tsv, or a log file [default: the nearest .lineage upwards]' -r -F
complete -c lineage -n "__fish_lineage_using_subcommand show" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lineage -n "__fish_lineage_using_subcommand show" -l file -d 'Print this file of the trial\'s snapshot instead; control characters are escaped on a terminal' -r -F
complete -c lineage -n "__fish_lineage_using_subcommand show" -l field -d 'Print only this column, one line per trial; `metric` is the score' -r
complete -c lineage -n "__fish_lineage_using_subcommand show" -l columns -d 'Columns to show, in this order' -r
complete -c lineage -n "__fish_lineage_using_subcommand show" -l format -d 'Output format' -r -f -a "table\t'Text for a person'
json\t'One JSON array; one object for `show`, `stats`, and `best` without --top'
jsonl\t'One JSON object per line'
tsv\t'Tab-separated with a header'
csv\t'Comma-separated with a header'
md\t'A Markdown table'"
complete -c lineage -n "__fish_lineage_using_subcommand show" -l metric -d 'The column with the score [default: the setting, else the log\'s own metric]' -r
complete -c lineage -n "__fish_lineage_using_subcommand show" -l direction -d 'Which scores are better [default: the setting, else inferred from the log]' -r -f -a "minimize\t'Lower is better'
maximize\t'Higher is better'"
complete -c lineage -n "__fish_lineage_using_subcommand show" -l since -d 'Only trials from EXP onwards, or newer than an age (90m, 1h, 2d) or a time (2026-05-01, UTC)' -r
complete -c lineage -n "__fish_lineage_using_subcommand show" -l map -d 'Map roles to columns, as score=val_acc; roles: id, time, agent, parent, domain, hypothesis, verdict, score, notes; keep=WORD names the verdict that means keep' -r
complete -c lineage -n "__fish_lineage_using_subcommand show" -l segment -d 'The segment to read, from 0, if a JSON lines log holds several searches [default: the last]' -r
complete -c lineage -n "__fish_lineage_using_subcommand show" -s q -l quiet -d 'Suppress informational messages'
complete -c lineage -n "__fish_lineage_using_subcommand show" -l offline -d 'Do not contact the database of a shared store'
complete -c lineage -n "__fish_lineage_using_subcommand show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lineage -n "__fish_lineage_using_subcommand similar" -l store -d 'A store, any directory with a results.tsv, or a log file [default: the nearest .lineage upwards]' -r -F
complete -c lineage -n "__fish_lineage_using_subcommand similar" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lineage -n "__fish_lineage_using_subcommand similar" -l top -d 'Number of trials' -r
complete -c lineage -n "__fish_lineage_using_subcommand similar" -l parent -d 'Only trials that started from this one' -r
complete -c lineage -n "__fish_lineage_using_subcommand similar" -l as-of -d 'Only trials up to this one' -r
complete -c lineage -n "__fish_lineage_using_subcommand similar" -l fail-above -d 'Exit with status 1 if the similarity of the closest trial is above this' -r
complete -c lineage -n "__fish_lineage_using_subcommand similar" -l format -d 'Output format' -r -f -a "table\t'Text for a person'
json\t'One JSON array; one object for `show`, `stats`, and `best` without --top'
jsonl\t'One JSON object per line'
tsv\t'Tab-separated with a header'
csv\t'Comma-separated with a header'
md\t'A Markdown table'"
complete -c lineage -n "__fish_lineage_using_subcommand similar" -l status -d 'Only trials with this status; may be repeated' -r -f -a "baseline\t'start from here'
keep\t'build on it'
discard\t'do not repeat this exact edit'
crash\t'avoid this, or fix the bug and try it again'
eval_budget_overrun\t'training fits the budget; make the evaluation cheaper, or leave it unchanged'
train_budget_overrun\t'do less per step, or take fewer steps; time a short run first'
size_blocked\t'the idea may be fine: reduce the artifact size first; the score does not count'
preflight_crash\t'run the script for a few seconds before submitting: imports, shapes, data loader'
disqualified\t'look at the missed gate before the score'
harness_abort\t'ignore it'"
complete -c lineage -n "__fish_lineage_using_subcommand similar" -l specialist -d 'Only trials of this specialist; may be repeated' -r
complete -c lineage -n "__fish_lineage_using_subcommand similar" -l domain -d 'Only trials in this domain; may be repeated' -r
complete -c lineage -n "__fish_lineage_using_subcommand similar" -l grep -d 'Only trials with this text in the hypothesis or the notes, case-insensitive' -r
complete -c lineage -n "__fish_lineage_using_subcommand similar" -l metric -d 'The column with the score [default: the setting, else the log\'s own metric]' -r
complete -c lineage -n "__fish_lineage_using_subcommand similar" -l direction -d 'Which scores are better [default: the setting, else inferred from the log]' -r -f -a "minimize\t'Lower is better'
maximize\t'Higher is better'"
complete -c lineage -n "__fish_lineage_using_subcommand similar" -l since -d 'Only trials from EXP onwards, or newer than an age (90m, 1h, 2d) or a time (2026-05-01, UTC)' -r
complete -c lineage -n "__fish_lineage_using_subcommand similar" -l map -d 'Map roles to columns, as score=val_acc; roles: id, time, agent, parent, domain, hypothesis, verdict, score, notes; keep=WORD names the verdict that means keep' -r
complete -c lineage -n "__fish_lineage_using_subcommand similar" -l segment -d 'The segment to read, from 0, if a JSON lines log holds several searches [default: the last]' -r
complete -c lineage -n "__fish_lineage_using_subcommand similar" -s q -l quiet -d 'Suppress informational messages'
complete -c lineage -n "__fish_lineage_using_subcommand similar" -l offline -d 'Do not contact the database of a shared store'
complete -c lineage -n "__fish_lineage_using_subcommand similar" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lineage -n "__fish_lineage_using_subcommand search" -l store -d 'A store, any directory with a results.tsv, or a log file [default: the nearest .lineage upwards]' -r -F
complete -c lineage -n "__fish_lineage_using_subcommand search" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lineage -n "__fish_lineage_using_subcommand search" -s n -d 'Number of trials' -r
complete -c lineage -n "__fish_lineage_using_subcommand search" -l format -d 'Output format' -r -f -a "table\t'Text for a person'
json\t'One JSON array; one object for `show`, `stats`, and `best` without --top'
jsonl\t'One JSON object per line'
tsv\t'Tab-separated with a header'
csv\t'Comma-separated with a header'
md\t'A Markdown table'"
complete -c lineage -n "__fish_lineage_using_subcommand search" -l status -d 'Only trials with this status; may be repeated' -r -f -a "baseline\t'start from here'
keep\t'build on it'
discard\t'do not repeat this exact edit'
crash\t'avoid this, or fix the bug and try it again'
eval_budget_overrun\t'training fits the budget; make the evaluation cheaper, or leave it unchanged'
train_budget_overrun\t'do less per step, or take fewer steps; time a short run first'
size_blocked\t'the idea may be fine: reduce the artifact size first; the score does not count'
preflight_crash\t'run the script for a few seconds before submitting: imports, shapes, data loader'
disqualified\t'look at the missed gate before the score'
harness_abort\t'ignore it'"
complete -c lineage -n "__fish_lineage_using_subcommand search" -l specialist -d 'Only trials of this specialist; may be repeated' -r
complete -c lineage -n "__fish_lineage_using_subcommand search" -l domain -d 'Only trials in this domain; may be repeated' -r
complete -c lineage -n "__fish_lineage_using_subcommand search" -l grep -d 'Only trials with this text in the hypothesis or the notes, case-insensitive' -r
complete -c lineage -n "__fish_lineage_using_subcommand search" -l metric -d 'The column with the score [default: the setting, else the log\'s own metric]' -r
complete -c lineage -n "__fish_lineage_using_subcommand search" -l direction -d 'Which scores are better [default: the setting, else inferred from the log]' -r -f -a "minimize\t'Lower is better'
maximize\t'Higher is better'"
complete -c lineage -n "__fish_lineage_using_subcommand search" -l since -d 'Only trials from EXP onwards, or newer than an age (90m, 1h, 2d) or a time (2026-05-01, UTC)' -r
complete -c lineage -n "__fish_lineage_using_subcommand search" -l map -d 'Map roles to columns, as score=val_acc; roles: id, time, agent, parent, domain, hypothesis, verdict, score, notes; keep=WORD names the verdict that means keep' -r
complete -c lineage -n "__fish_lineage_using_subcommand search" -l segment -d 'The segment to read, from 0, if a JSON lines log holds several searches [default: the last]' -r
complete -c lineage -n "__fish_lineage_using_subcommand search" -s q -l quiet -d 'Suppress informational messages'
complete -c lineage -n "__fish_lineage_using_subcommand search" -l offline -d 'Do not contact the database of a shared store'
complete -c lineage -n "__fish_lineage_using_subcommand search" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lineage -n "__fish_lineage_using_subcommand diff" -l store -d 'A store, any directory with a results.tsv, or a log file [default: the nearest .lineage upwards]' -r -F
complete -c lineage -n "__fish_lineage_using_subcommand diff" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lineage -n "__fish_lineage_using_subcommand diff" -l against -d 'What to compare it with' -r -f -a "best\t'The best trial'
baseline\t'The trial that it was measured against'
parent\t'The trial that it was made from'"
complete -c lineage -n "__fish_lineage_using_subcommand diff" -l format -d 'The format of a listing' -r -f -a "table\t'Text for a person'
json\t'One JSON array; one object for `show`, `stats`, and `best` without --top'
jsonl\t'One JSON object per line'
tsv\t'Tab-separated with a header'
csv\t'Comma-separated with a header'
md\t'A Markdown table'"
complete -c lineage -n "__fish_lineage_using_subcommand diff" -l metric -d 'The column with the score [default: the setting, else the log\'s own metric]' -r
complete -c lineage -n "__fish_lineage_using_subcommand diff" -l direction -d 'Which scores are better [default: the setting, else inferred from the log]' -r -f -a "minimize\t'Lower is better'
maximize\t'Higher is better'"
complete -c lineage -n "__fish_lineage_using_subcommand diff" -l since -d 'Only trials from EXP onwards, or newer than an age (90m, 1h, 2d) or a time (2026-05-01, UTC)' -r
complete -c lineage -n "__fish_lineage_using_subcommand diff" -l map -d 'Map roles to columns, as score=val_acc; roles: id, time, agent, parent, domain, hypothesis, verdict, score, notes; keep=WORD names the verdict that means keep' -r
complete -c lineage -n "__fish_lineage_using_subcommand diff" -l segment -d 'The segment to read, from 0, if a JSON lines log holds several searches [default: the last]' -r
complete -c lineage -n "__fish_lineage_using_subcommand diff" -s q -l quiet -d 'Suppress informational messages'
complete -c lineage -n "__fish_lineage_using_subcommand diff" -l offline -d 'Do not contact the database of a shared store'
complete -c lineage -n "__fish_lineage_using_subcommand diff" -l stat -d 'Print the number of added and removed lines per file'
complete -c lineage -n "__fish_lineage_using_subcommand diff" -l name-only -d 'Print only the paths'
complete -c lineage -n "__fish_lineage_using_subcommand diff" -l columns -d 'Print the columns in which the trials differ, instead of their files'
complete -c lineage -n "__fish_lineage_using_subcommand diff" -l exit-code -d 'Exit with 0 if nothing differs, 1 if something does, 2 after an error'
complete -c lineage -n "__fish_lineage_using_subcommand diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lineage -n "__fish_lineage_using_subcommand checkout" -l store -d 'A store, any directory with a results.tsv, or a log file [default: the nearest .lineage upwards]' -r -F
complete -c lineage -n "__fish_lineage_using_subcommand checkout" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lineage -n "__fish_lineage_using_subcommand checkout" -l metric -d 'The column with the score [default: the setting, else the log\'s own metric]' -r
complete -c lineage -n "__fish_lineage_using_subcommand checkout" -l direction -d 'Which scores are better [default: the setting, else inferred from the log]' -r -f -a "minimize\t'Lower is better'
maximize\t'Higher is better'"
complete -c lineage -n "__fish_lineage_using_subcommand checkout" -l since -d 'Only trials from EXP onwards, or newer than an age (90m, 1h, 2d) or a time (2026-05-01, UTC)' -r
complete -c lineage -n "__fish_lineage_using_subcommand checkout" -l map -d 'Map roles to columns, as score=val_acc; roles: id, time, agent, parent, domain, hypothesis, verdict, score, notes; keep=WORD names the verdict that means keep' -r
complete -c lineage -n "__fish_lineage_using_subcommand checkout" -l segment -d 'The segment to read, from 0, if a JSON lines log holds several searches [default: the last]' -r
complete -c lineage -n "__fish_lineage_using_subcommand checkout" -s q -l quiet -d 'Suppress informational messages'
complete -c lineage -n "__fish_lineage_using_subcommand checkout" -l offline -d 'Do not contact the database of a shared store'
complete -c lineage -n "__fish_lineage_using_subcommand checkout" -l force -d 'Replace files that differ, and keep a backup of them'
complete -c lineage -n "__fish_lineage_using_subcommand checkout" -l clean -d 'Move files that the snapshot does not have to the backup; ignored files stay'
complete -c lineage -n "__fish_lineage_using_subcommand checkout" -l prune -d 'Without EXP, remove all backups in DIR or in the current directory; with EXP, all but the one that this checkout makes'
complete -c lineage -n "__fish_lineage_using_subcommand checkout" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lineage -n "__fish_lineage_using_subcommand rebase-to" -l store -d 'A store, any directory with a results.tsv, or a log file [default: the nearest .lineage upwards]' -r -F
complete -c lineage -n "__fish_lineage_using_subcommand rebase-to" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lineage -n "__fish_lineage_using_subcommand rebase-to" -l metric -d 'The column with the score [default: the setting, else the log\'s own metric]' -r
complete -c lineage -n "__fish_lineage_using_subcommand rebase-to" -l direction -d 'Which scores are better [default: the setting, else inferred from the log]' -r -f -a "minimize\t'Lower is better'
maximize\t'Higher is better'"
complete -c lineage -n "__fish_lineage_using_subcommand rebase-to" -l since -d 'Only trials from EXP onwards, or newer than an age (90m, 1h, 2d) or a time (2026-05-01, UTC)' -r
complete -c lineage -n "__fish_lineage_using_subcommand rebase-to" -l map -d 'Map roles to columns, as score=val_acc; roles: id, time, agent, parent, domain, hypothesis, verdict, score, notes; keep=WORD names the verdict that means keep' -r
complete -c lineage -n "__fish_lineage_using_subcommand rebase-to" -l segment -d 'The segment to read, from 0, if a JSON lines log holds several searches [default: the last]' -r
complete -c lineage -n "__fish_lineage_using_subcommand rebase-to" -s q -l quiet -d 'Suppress informational messages'
complete -c lineage -n "__fish_lineage_using_subcommand rebase-to" -l offline -d 'Do not contact the database of a shared store'
complete -c lineage -n "__fish_lineage_using_subcommand rebase-to" -l force -d 'Replace files that differ, and keep a backup of them'
complete -c lineage -n "__fish_lineage_using_subcommand rebase-to" -l clean -d 'Move files that the snapshot does not have to the backup; ignored files stay'
complete -c lineage -n "__fish_lineage_using_subcommand rebase-to" -l prune -d 'Without EXP, remove all backups in DIR or in the current directory; with EXP, all but the one that this checkout makes'
complete -c lineage -n "__fish_lineage_using_subcommand rebase-to" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lineage -n "__fish_lineage_using_subcommand prune" -l store -d 'A store, any directory with a results.tsv, or a log file [default: the nearest .lineage upwards]' -r -F
complete -c lineage -n "__fish_lineage_using_subcommand prune" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lineage -n "__fish_lineage_using_subcommand prune" -l keep-best -d 'Keep the snapshots of the K best keeps and of all their ancestors [default: 1]' -r
complete -c lineage -n "__fish_lineage_using_subcommand prune" -l keep-last -d 'Keep the last N snapshots [default: 0]' -r
complete -c lineage -n "__fish_lineage_using_subcommand prune" -l metric -d 'The column with the score [default: the setting, else the log\'s own metric]' -r
complete -c lineage -n "__fish_lineage_using_subcommand prune" -l direction -d 'Which scores are better [default: the setting, else inferred from the log]' -r -f -a "minimize\t'Lower is better'
maximize\t'Higher is better'"
complete -c lineage -n "__fish_lineage_using_subcommand prune" -l since -d 'Only trials from EXP onwards, or newer than an age (90m, 1h, 2d) or a time (2026-05-01, UTC)' -r
complete -c lineage -n "__fish_lineage_using_subcommand prune" -l map -d 'Map roles to columns, as score=val_acc; roles: id, time, agent, parent, domain, hypothesis, verdict, score, notes; keep=WORD names the verdict that means keep' -r
complete -c lineage -n "__fish_lineage_using_subcommand prune" -l segment -d 'The segment to read, from 0, if a JSON lines log holds several searches [default: the last]' -r
complete -c lineage -n "__fish_lineage_using_subcommand prune" -s q -l quiet -d 'Suppress informational messages'
complete -c lineage -n "__fish_lineage_using_subcommand prune" -l offline -d 'Do not contact the database of a shared store'
complete -c lineage -n "__fish_lineage_using_subcommand prune" -l dry-run -d 'Print what would be removed, and remove nothing'
complete -c lineage -n "__fish_lineage_using_subcommand prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lineage -n "__fish_lineage_using_subcommand stats" -l store -d 'A store, any directory with a results.tsv, or a log file [default: the nearest .lineage upwards]' -r -F
complete -c lineage -n "__fish_lineage_using_subcommand stats" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lineage -n "__fish_lineage_using_subcommand stats" -l by -d 'Group by this column instead of the status' -r -f -a "specialist\t''
domain\t''
status\t''"
complete -c lineage -n "__fish_lineage_using_subcommand stats" -l format -d 'Output format' -r -f -a "table\t'Text for a person'
json\t'One JSON array; one object for `show`, `stats`, and `best` without --top'
jsonl\t'One JSON object per line'
tsv\t'Tab-separated with a header'
csv\t'Comma-separated with a header'
md\t'A Markdown table'"
complete -c lineage -n "__fish_lineage_using_subcommand stats" -l metric -d 'The column with the score [default: the setting, else the log\'s own metric]' -r
complete -c lineage -n "__fish_lineage_using_subcommand stats" -l direction -d 'Which scores are better [default: the setting, else inferred from the log]' -r -f -a "minimize\t'Lower is better'
maximize\t'Higher is better'"
complete -c lineage -n "__fish_lineage_using_subcommand stats" -l since -d 'Only trials from EXP onwards, or newer than an age (90m, 1h, 2d) or a time (2026-05-01, UTC)' -r
complete -c lineage -n "__fish_lineage_using_subcommand stats" -l map -d 'Map roles to columns, as score=val_acc; roles: id, time, agent, parent, domain, hypothesis, verdict, score, notes; keep=WORD names the verdict that means keep' -r
complete -c lineage -n "__fish_lineage_using_subcommand stats" -l segment -d 'The segment to read, from 0, if a JSON lines log holds several searches [default: the last]' -r
complete -c lineage -n "__fish_lineage_using_subcommand stats" -s q -l quiet -d 'Suppress informational messages'
complete -c lineage -n "__fish_lineage_using_subcommand stats" -l offline -d 'Do not contact the database of a shared store'
complete -c lineage -n "__fish_lineage_using_subcommand stats" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lineage -n "__fish_lineage_using_subcommand compare" -l store -d 'A store, any directory with a results.tsv, or a log file [default: the nearest .lineage upwards]' -r -F
complete -c lineage -n "__fish_lineage_using_subcommand compare" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lineage -n "__fish_lineage_using_subcommand compare" -l as-of -d 'Compare the log just after this trial with later states; may be repeated' -r
complete -c lineage -n "__fish_lineage_using_subcommand compare" -l by -d 'Compare the parts of one log' -r -f -a "specialist\t''
domain\t''"
complete -c lineage -n "__fish_lineage_using_subcommand compare" -l reach -d 'Show what it took to reach this score; may be repeated [default: the best score of each]' -r
complete -c lineage -n "__fish_lineage_using_subcommand compare" -l format -d 'Output format' -r -f -a "table\t'Text for a person'
json\t'One JSON array; one object for `show`, `stats`, and `best` without --top'
jsonl\t'One JSON object per line'
tsv\t'Tab-separated with a header'
csv\t'Comma-separated with a header'
md\t'A Markdown table'"
complete -c lineage -n "__fish_lineage_using_subcommand compare" -l metric -d 'The column with the score [default: the setting, else the log\'s own metric]' -r
complete -c lineage -n "__fish_lineage_using_subcommand compare" -l direction -d 'Which scores are better [default: the setting, else inferred from the log]' -r -f -a "minimize\t'Lower is better'
maximize\t'Higher is better'"
complete -c lineage -n "__fish_lineage_using_subcommand compare" -l since -d 'Only trials from EXP onwards, or newer than an age (90m, 1h, 2d) or a time (2026-05-01, UTC)' -r
complete -c lineage -n "__fish_lineage_using_subcommand compare" -l map -d 'Map roles to columns, as score=val_acc; roles: id, time, agent, parent, domain, hypothesis, verdict, score, notes; keep=WORD names the verdict that means keep' -r
complete -c lineage -n "__fish_lineage_using_subcommand compare" -l segment -d 'The segment to read, from 0, if a JSON lines log holds several searches [default: the last]' -r
complete -c lineage -n "__fish_lineage_using_subcommand compare" -s q -l quiet -d 'Suppress informational messages'
complete -c lineage -n "__fish_lineage_using_subcommand compare" -l offline -d 'Do not contact the database of a shared store'
complete -c lineage -n "__fish_lineage_using_subcommand compare" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lineage -n "__fish_lineage_using_subcommand plot" -l store -d 'A store, any directory with a results.tsv, or a log file [default: the nearest .lineage upwards]' -r -F
complete -c lineage -n "__fish_lineage_using_subcommand plot" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lineage -n "__fish_lineage_using_subcommand plot" -s o -l output -d 'Write to this file; .svg or .png decides the format [default: text to stdout]' -r -F
complete -c lineage -n "__fish_lineage_using_subcommand plot" -l format -d 'What is written [default: by the name of the file, else text]' -r -f -a "text\t''
svg\t''
png\t''"
complete -c lineage -n "__fish_lineage_using_subcommand plot" -l x -d 'The horizontal axis' -r -f -a "trial\t'The number of the trial'
time\t'When it ran'
hours\t'Compute hours spent up to its end'"
complete -c lineage -n "__fish_lineage_using_subcommand plot" -l y -d 'The scores that are shown: auto, all, or A:B' -r
complete -c lineage -n "__fish_lineage_using_subcommand plot" -l by -d 'Colour trials by this column' -r -f -a "specialist\t''"
complete -c lineage -n "__fish_lineage_using_subcommand plot" -l theme -d 'The colours of a PNG; an SVG adapts to the light or dark mode of its viewer' -r -f -a "light\t''
dark\t''"
complete -c lineage -n "__fish_lineage_using_subcommand plot" -l width -d 'Columns of text [default: those of the terminal, else 80]' -r
complete -c lineage -n "__fish_lineage_using_subcommand plot" -l metric -d 'The column with the score [default: the setting, else the log\'s own metric]' -r
complete -c lineage -n "__fish_lineage_using_subcommand plot" -l direction -d 'Which scores are better [default: the setting, else inferred from the log]' -r -f -a "minimize\t'Lower is better'
maximize\t'Higher is better'"
complete -c lineage -n "__fish_lineage_using_subcommand plot" -l since -d 'Only trials from EXP onwards, or newer than an age (90m, 1h, 2d) or a time (2026-05-01, UTC)' -r
complete -c lineage -n "__fish_lineage_using_subcommand plot" -l map -d 'Map roles to columns, as score=val_acc; roles: id, time, agent, parent, domain, hypothesis, verdict, score, notes; keep=WORD names the verdict that means keep' -r
complete -c lineage -n "__fish_lineage_using_subcommand plot" -l segment -d 'The segment to read, from 0, if a JSON lines log holds several searches [default: the last]' -r
complete -c lineage -n "__fish_lineage_using_subcommand plot" -s q -l quiet -d 'Suppress informational messages'
complete -c lineage -n "__fish_lineage_using_subcommand plot" -l offline -d 'Do not contact the database of a shared store'
complete -c lineage -n "__fish_lineage_using_subcommand plot" -l ascii -d 'Use only ASCII in text'
complete -c lineage -n "__fish_lineage_using_subcommand plot" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lineage -n "__fish_lineage_using_subcommand report" -l store -d 'A store, any directory with a results.tsv, or a log file [default: the nearest .lineage upwards]' -r -F
complete -c lineage -n "__fish_lineage_using_subcommand report" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lineage -n "__fish_lineage_using_subcommand report" -s o -l output -d 'Write to this file' -r -F
complete -c lineage -n "__fish_lineage_using_subcommand report" -l watch -d 'Write the page again whenever the log has grown, checked this often; the page reloads itself' -r
complete -c lineage -n "__fish_lineage_using_subcommand report" -l metric -d 'The column with the score [default: the setting, else the log\'s own metric]' -r
complete -c lineage -n "__fish_lineage_using_subcommand report" -l direction -d 'Which scores are better [default: the setting, else inferred from the log]' -r -f -a "minimize\t'Lower is better'
maximize\t'Higher is better'"
complete -c lineage -n "__fish_lineage_using_subcommand report" -l since -d 'Only trials from EXP onwards, or newer than an age (90m, 1h, 2d) or a time (2026-05-01, UTC)' -r
complete -c lineage -n "__fish_lineage_using_subcommand report" -l map -d 'Map roles to columns, as score=val_acc; roles: id, time, agent, parent, domain, hypothesis, verdict, score, notes; keep=WORD names the verdict that means keep' -r
complete -c lineage -n "__fish_lineage_using_subcommand report" -l segment -d 'The segment to read, from 0, if a JSON lines log holds several searches [default: the last]' -r
complete -c lineage -n "__fish_lineage_using_subcommand report" -s q -l quiet -d 'Suppress informational messages'
complete -c lineage -n "__fish_lineage_using_subcommand report" -l offline -d 'Do not contact the database of a shared store'
complete -c lineage -n "__fish_lineage_using_subcommand report" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lineage -n "__fish_lineage_using_subcommand render" -l store -d 'A store, any directory with a results.tsv, or a log file [default: the nearest .lineage upwards]' -r -F
complete -c lineage -n "__fish_lineage_using_subcommand render" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lineage -n "__fish_lineage_using_subcommand render" -l for -d 'The specialist that reads the prompt [default: $LINEAGE_SPECIALIST]' -r
complete -c lineage -n "__fish_lineage_using_subcommand render" -l as-of -d 'Use the log as it was just after this trial' -r
complete -c lineage -n "__fish_lineage_using_subcommand render" -l top -d 'Rows of the leaderboard [default: the setting, else 20]' -r
complete -c lineage -n "__fish_lineage_using_subcommand render" -l recent -d 'Rows of the table of recent trials [default: the setting, else 30]' -r
complete -c lineage -n "__fish_lineage_using_subcommand render" -l full -d 'Recent trials with hypothesis and notes in full [default: the setting, else 10]' -r
complete -c lineage -n "__fish_lineage_using_subcommand render" -l sections -d 'Sections to show, in this order [default: the setting, else all]' -r -f -a "opening\t'The reader, the state of the search, the best'
limits\t'What a trial must stay within'
signals\t'What the numbers say about the search'
failures\t'What fails, and how'
invalid\t'Failed trials that beat the best'
best\t'The current best'
chain\t'The chain to the best'
leaderboard\t'The best keeps'
children\t'What was tried from the best'
specialist\t'The reader\'s own trials'
parallel\t'Trials in progress, discards that beat their parent, what was tried again'
recent\t'The last trials, one line each'
full\t'The last trials in full'
insights\t'The text of insights.md'
more\t'How to ask for more'
workdir\t'The files of the workdir'
task\t'What to do'"
complete -c lineage -n "__fish_lineage_using_subcommand render" -l without -d 'Sections to leave out' -r -f -a "opening\t'The reader, the state of the search, the best'
limits\t'What a trial must stay within'
signals\t'What the numbers say about the search'
failures\t'What fails, and how'
invalid\t'Failed trials that beat the best'
best\t'The current best'
chain\t'The chain to the best'
leaderboard\t'The best keeps'
children\t'What was tried from the best'
specialist\t'The reader\'s own trials'
parallel\t'Trials in progress, discards that beat their parent, what was tried again'
recent\t'The last trials, one line each'
full\t'The last trials in full'
insights\t'The text of insights.md'
more\t'How to ask for more'
workdir\t'The files of the workdir'
task\t'What to do'"
complete -c lineage -n "__fish_lineage_using_subcommand render" -l max-bytes -d 'Maximum size of the prompt; trims whole rows, the least valuable first [default: the setting, else 16000]' -r
complete -c lineage -n "__fish_lineage_using_subcommand render" -l workdir -d 'List the files of the directory in which the agent will work' -r -F
complete -c lineage -n "__fish_lineage_using_subcommand render" -l format -d 'Print the prompt, or a JSON object with the prompt and the trials in it' -r -f -a "md\t''
json\t''"
complete -c lineage -n "__fish_lineage_using_subcommand render" -l metric -d 'The column with the score [default: the setting, else the log\'s own metric]' -r
complete -c lineage -n "__fish_lineage_using_subcommand render" -l direction -d 'Which scores are better [default: the setting, else inferred from the log]' -r -f -a "minimize\t'Lower is better'
maximize\t'Higher is better'"
complete -c lineage -n "__fish_lineage_using_subcommand render" -l since -d 'Only trials from EXP onwards, or newer than an age (90m, 1h, 2d) or a time (2026-05-01, UTC)' -r
complete -c lineage -n "__fish_lineage_using_subcommand render" -l map -d 'Map roles to columns, as score=val_acc; roles: id, time, agent, parent, domain, hypothesis, verdict, score, notes; keep=WORD names the verdict that means keep' -r
complete -c lineage -n "__fish_lineage_using_subcommand render" -l segment -d 'The segment to read, from 0, if a JSON lines log holds several searches [default: the last]' -r
complete -c lineage -n "__fish_lineage_using_subcommand render" -s q -l quiet -d 'Suppress informational messages'
complete -c lineage -n "__fish_lineage_using_subcommand render" -l offline -d 'Do not contact the database of a shared store'
complete -c lineage -n "__fish_lineage_using_subcommand render" -l blind -d 'Show the best trial\'s id and score and no other history, as a control for what the prompt contributes'
complete -c lineage -n "__fish_lineage_using_subcommand render" -l save -d 'Also save the prompt in the store, as Markdown and as JSON'
complete -c lineage -n "__fish_lineage_using_subcommand render" -l hook -d 'Answer the event of an agent\'s session hook, given as JSON on stdin; prints at most 9,500 bytes and never fails'
complete -c lineage -n "__fish_lineage_using_subcommand render" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lineage -n "__fish_lineage_using_subcommand prompts" -l store -d 'A store, any directory with a results.tsv, or a log file [default: the nearest .lineage upwards]' -r -F
complete -c lineage -n "__fish_lineage_using_subcommand prompts" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lineage -n "__fish_lineage_using_subcommand prompts" -l format -d 'Output format' -r -f -a "table\t'Text for a person'
json\t'One JSON array; one object for `show`, `stats`, and `best` without --top'
jsonl\t'One JSON object per line'
tsv\t'Tab-separated with a header'
csv\t'Comma-separated with a header'
md\t'A Markdown table'"
complete -c lineage -n "__fish_lineage_using_subcommand prompts" -s q -l quiet -d 'Suppress informational messages'
complete -c lineage -n "__fish_lineage_using_subcommand prompts" -l offline -d 'Do not contact the database of a shared store'
complete -c lineage -n "__fish_lineage_using_subcommand prompts" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lineage -n "__fish_lineage_using_subcommand check" -l store -d 'A store, any directory with a results.tsv, or a log file [default: the nearest .lineage upwards]' -r -F
complete -c lineage -n "__fish_lineage_using_subcommand check" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lineage -n "__fish_lineage_using_subcommand check" -l repair -d 'Write a repaired copy of the log to this new file, and list the changes' -r -F
complete -c lineage -n "__fish_lineage_using_subcommand check" -l format -d 'Output format' -r -f -a "table\t'Text for a person'
json\t'One JSON array; one object for `show`, `stats`, and `best` without --top'
jsonl\t'One JSON object per line'
tsv\t'Tab-separated with a header'
csv\t'Comma-separated with a header'
md\t'A Markdown table'"
complete -c lineage -n "__fish_lineage_using_subcommand check" -l metric -d 'The column with the score [default: the setting, else the log\'s own metric]' -r
complete -c lineage -n "__fish_lineage_using_subcommand check" -l direction -d 'Which scores are better [default: the setting, else inferred from the log]' -r -f -a "minimize\t'Lower is better'
maximize\t'Higher is better'"
complete -c lineage -n "__fish_lineage_using_subcommand check" -l since -d 'Only trials from EXP onwards, or newer than an age (90m, 1h, 2d) or a time (2026-05-01, UTC)' -r
complete -c lineage -n "__fish_lineage_using_subcommand check" -l map -d 'Map roles to columns, as score=val_acc; roles: id, time, agent, parent, domain, hypothesis, verdict, score, notes; keep=WORD names the verdict that means keep' -r
complete -c lineage -n "__fish_lineage_using_subcommand check" -l segment -d 'The segment to read, from 0, if a JSON lines log holds several searches [default: the last]' -r
complete -c lineage -n "__fish_lineage_using_subcommand check" -s q -l quiet -d 'Suppress informational messages'
complete -c lineage -n "__fish_lineage_using_subcommand check" -l offline -d 'Do not contact the database of a shared store'
complete -c lineage -n "__fish_lineage_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lineage -n "__fish_lineage_using_subcommand import" -l store -d 'A store, any directory with a results.tsv, or a log file [default: the nearest .lineage upwards]' -r -F
complete -c lineage -n "__fish_lineage_using_subcommand import" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lineage -n "__fish_lineage_using_subcommand import" -l into -d 'The store to import into, created if missing [default: the store of other commands, else .lineage]' -r -F
complete -c lineage -n "__fish_lineage_using_subcommand import" -l metric -d 'The column with the score [default: the setting, else the log\'s own metric]' -r
complete -c lineage -n "__fish_lineage_using_subcommand import" -l direction -d 'Which scores are better [default: the setting, else inferred from the log]' -r -f -a "minimize\t'Lower is better'
maximize\t'Higher is better'"
complete -c lineage -n "__fish_lineage_using_subcommand import" -l since -d 'Only trials from EXP onwards, or newer than an age (90m, 1h, 2d) or a time (2026-05-01, UTC)' -r
complete -c lineage -n "__fish_lineage_using_subcommand import" -l map -d 'Map roles to columns, as score=val_acc; roles: id, time, agent, parent, domain, hypothesis, verdict, score, notes; keep=WORD names the verdict that means keep' -r
complete -c lineage -n "__fish_lineage_using_subcommand import" -l segment -d 'The segment to read, from 0, if a JSON lines log holds several searches [default: the last]' -r
complete -c lineage -n "__fish_lineage_using_subcommand import" -s q -l quiet -d 'Suppress informational messages'
complete -c lineage -n "__fish_lineage_using_subcommand import" -l offline -d 'Do not contact the database of a shared store'
complete -c lineage -n "__fish_lineage_using_subcommand import" -l dry-run -d 'Print what would be done, and write nothing'
complete -c lineage -n "__fish_lineage_using_subcommand import" -l as-new -d 'Add the rows even if they look like trials of the store'
complete -c lineage -n "__fish_lineage_using_subcommand import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lineage -n "__fish_lineage_using_subcommand pull" -l store -d 'A store, any directory with a results.tsv, or a log file [default: the nearest .lineage upwards]' -r -F
complete -c lineage -n "__fish_lineage_using_subcommand pull" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lineage -n "__fish_lineage_using_subcommand pull" -s q -l quiet -d 'Suppress informational messages'
complete -c lineage -n "__fish_lineage_using_subcommand pull" -l offline -d 'Do not contact the database of a shared store'
complete -c lineage -n "__fish_lineage_using_subcommand pull" -l reset -d 'Move the log aside and fetch all trials, if the log differs from the database'
complete -c lineage -n "__fish_lineage_using_subcommand pull" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lineage -n "__fish_lineage_using_subcommand export" -l store -d 'A store, any directory with a results.tsv, or a log file [default: the nearest .lineage upwards]' -r -F
complete -c lineage -n "__fish_lineage_using_subcommand export" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lineage -n "__fish_lineage_using_subcommand export" -l format -d 'Output format' -r -f -a "tsv\t'Tab-separated, every column'
csv\t'Comma-separated, every column'
jsonl\t'One JSON object per line, every column'
karpathy\t'commit, val_bpb, memory_gb, status, description'
tree\t'Tab-separated, with depth and path'"
complete -c lineage -n "__fish_lineage_using_subcommand export" -l columns -d 'Columns to export, in this order [default: all]' -r
complete -c lineage -n "__fish_lineage_using_subcommand export" -l status -d 'Only trials with this status; may be repeated' -r -f -a "baseline\t'start from here'
keep\t'build on it'
discard\t'do not repeat this exact edit'
crash\t'avoid this, or fix the bug and try it again'
eval_budget_overrun\t'training fits the budget; make the evaluation cheaper, or leave it unchanged'
train_budget_overrun\t'do less per step, or take fewer steps; time a short run first'
size_blocked\t'the idea may be fine: reduce the artifact size first; the score does not count'
preflight_crash\t'run the script for a few seconds before submitting: imports, shapes, data loader'
disqualified\t'look at the missed gate before the score'
harness_abort\t'ignore it'"
complete -c lineage -n "__fish_lineage_using_subcommand export" -l specialist -d 'Only trials of this specialist; may be repeated' -r
complete -c lineage -n "__fish_lineage_using_subcommand export" -l domain -d 'Only trials in this domain; may be repeated' -r
complete -c lineage -n "__fish_lineage_using_subcommand export" -l grep -d 'Only trials with this text in the hypothesis or the notes, case-insensitive' -r
complete -c lineage -n "__fish_lineage_using_subcommand export" -l metric -d 'The column with the score [default: the setting, else the log\'s own metric]' -r
complete -c lineage -n "__fish_lineage_using_subcommand export" -l direction -d 'Which scores are better [default: the setting, else inferred from the log]' -r -f -a "minimize\t'Lower is better'
maximize\t'Higher is better'"
complete -c lineage -n "__fish_lineage_using_subcommand export" -l since -d 'Only trials from EXP onwards, or newer than an age (90m, 1h, 2d) or a time (2026-05-01, UTC)' -r
complete -c lineage -n "__fish_lineage_using_subcommand export" -l map -d 'Map roles to columns, as score=val_acc; roles: id, time, agent, parent, domain, hypothesis, verdict, score, notes; keep=WORD names the verdict that means keep' -r
complete -c lineage -n "__fish_lineage_using_subcommand export" -l segment -d 'The segment to read, from 0, if a JSON lines log holds several searches [default: the last]' -r
complete -c lineage -n "__fish_lineage_using_subcommand export" -s q -l quiet -d 'Suppress informational messages'
complete -c lineage -n "__fish_lineage_using_subcommand export" -l offline -d 'Do not contact the database of a shared store'
complete -c lineage -n "__fish_lineage_using_subcommand export" -l safe -d 'In CSV or TSV, put an apostrophe before cells that a spreadsheet takes for formulas'
complete -c lineage -n "__fish_lineage_using_subcommand export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lineage -n "__fish_lineage_using_subcommand completions" -l store -d 'A store, any directory with a results.tsv, or a log file [default: the nearest .lineage upwards]' -r -F
complete -c lineage -n "__fish_lineage_using_subcommand completions" -l color -d 'When to use colour: auto, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c lineage -n "__fish_lineage_using_subcommand completions" -s q -l quiet -d 'Suppress informational messages'
complete -c lineage -n "__fish_lineage_using_subcommand completions" -l offline -d 'Do not contact the database of a shared store'
complete -c lineage -n "__fish_lineage_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c lineage -n "__fish_lineage_using_subcommand help; and not __fish_seen_subcommand_from init append amend run tail best chain tree show similar search diff checkout prune stats compare plot report render prompts check import pull export completions help" -f -a "init"
complete -c lineage -n "__fish_lineage_using_subcommand help; and not __fish_seen_subcommand_from init append amend run tail best chain tree show similar search diff checkout prune stats compare plot report render prompts check import pull export completions help" -f -a "append"
complete -c lineage -n "__fish_lineage_using_subcommand help; and not __fish_seen_subcommand_from init append amend run tail best chain tree show similar search diff checkout prune stats compare plot report render prompts check import pull export completions help" -f -a "amend"
complete -c lineage -n "__fish_lineage_using_subcommand help; and not __fish_seen_subcommand_from init append amend run tail best chain tree show similar search diff checkout prune stats compare plot report render prompts check import pull export completions help" -f -a "run"
complete -c lineage -n "__fish_lineage_using_subcommand help; and not __fish_seen_subcommand_from init append amend run tail best chain tree show similar search diff checkout prune stats compare plot report render prompts check import pull export completions help" -f -a "tail"
complete -c lineage -n "__fish_lineage_using_subcommand help; and not __fish_seen_subcommand_from init append amend run tail best chain tree show similar search diff checkout prune stats compare plot report render prompts check import pull export completions help" -f -a "best"
complete -c lineage -n "__fish_lineage_using_subcommand help; and not __fish_seen_subcommand_from init append amend run tail best chain tree show similar search diff checkout prune stats compare plot report render prompts check import pull export completions help" -f -a "chain"
complete -c lineage -n "__fish_lineage_using_subcommand help; and not __fish_seen_subcommand_from init append amend run tail best chain tree show similar search diff checkout prune stats compare plot report render prompts check import pull export completions help" -f -a "tree"
complete -c lineage -n "__fish_lineage_using_subcommand help; and not __fish_seen_subcommand_from init append amend run tail best chain tree show similar search diff checkout prune stats compare plot report render prompts check import pull export completions help" -f -a "show"
complete -c lineage -n "__fish_lineage_using_subcommand help; and not __fish_seen_subcommand_from init append amend run tail best chain tree show similar search diff checkout prune stats compare plot report render prompts check import pull export completions help" -f -a "similar"
complete -c lineage -n "__fish_lineage_using_subcommand help; and not __fish_seen_subcommand_from init append amend run tail best chain tree show similar search diff checkout prune stats compare plot report render prompts check import pull export completions help" -f -a "search"
complete -c lineage -n "__fish_lineage_using_subcommand help; and not __fish_seen_subcommand_from init append amend run tail best chain tree show similar search diff checkout prune stats compare plot report render prompts check import pull export completions help" -f -a "diff"
complete -c lineage -n "__fish_lineage_using_subcommand help; and not __fish_seen_subcommand_from init append amend run tail best chain tree show similar search diff checkout prune stats compare plot report render prompts check import pull export completions help" -f -a "checkout"
complete -c lineage -n "__fish_lineage_using_subcommand help; and not __fish_seen_subcommand_from init append amend run tail best chain tree show similar search diff checkout prune stats compare plot report render prompts check import pull export completions help" -f -a "prune"
complete -c lineage -n "__fish_lineage_using_subcommand help; and not __fish_seen_subcommand_from init append amend run tail best chain tree show similar search diff checkout prune stats compare plot report render prompts check import pull export completions help" -f -a "stats"
complete -c lineage -n "__fish_lineage_using_subcommand help; and not __fish_seen_subcommand_from init append amend run tail best chain tree show similar search diff checkout prune stats compare plot report render prompts check import pull export completions help" -f -a "compare"
complete -c lineage -n "__fish_lineage_using_subcommand help; and not __fish_seen_subcommand_from init append amend run tail best chain tree show similar search diff checkout prune stats compare plot report render prompts check import pull export completions help" -f -a "plot"
complete -c lineage -n "__fish_lineage_using_subcommand help; and not __fish_seen_subcommand_from init append amend run tail best chain tree show similar search diff checkout prune stats compare plot report render prompts check import pull export completions help" -f -a "report"
complete -c lineage -n "__fish_lineage_using_subcommand help; and not __fish_seen_subcommand_from init append amend run tail best chain tree show similar search diff checkout prune stats compare plot report render prompts check import pull export completions help" -f -a "render"
complete -c lineage -n "__fish_lineage_using_subcommand help; and not __fish_seen_subcommand_from init append amend run tail best chain tree show similar search diff checkout prune stats compare plot report render prompts check import pull export completions help" -f -a "prompts"
complete -c lineage -n "__fish_lineage_using_subcommand help; and not __fish_seen_subcommand_from init append amend run tail best chain tree show similar search diff checkout prune stats compare plot report render prompts check import pull export completions help" -f -a "check"
complete -c lineage -n "__fish_lineage_using_subcommand help; and not __fish_seen_subcommand_from init append amend run tail best chain tree show similar search diff checkout prune stats compare plot report render prompts check import pull export completions help" -f -a "import"
complete -c lineage -n "__fish_lineage_using_subcommand help; and not __fish_seen_subcommand_from init append amend run tail best chain tree show similar search diff checkout prune stats compare plot report render prompts check import pull export completions help" -f -a "pull"
complete -c lineage -n "__fish_lineage_using_subcommand help; and not __fish_seen_subcommand_from init append amend run tail best chain tree show similar search diff checkout prune stats compare plot report render prompts check import pull export completions help" -f -a "export"
complete -c lineage -n "__fish_lineage_using_subcommand help; and not __fish_seen_subcommand_from init append amend run tail best chain tree show similar search diff checkout prune stats compare plot report render prompts check import pull export completions help" -f -a "completions"
complete -c lineage -n "__fish_lineage_using_subcommand help; and not __fish_seen_subcommand_from init append amend run tail best chain tree show similar search diff checkout prune stats compare plot report render prompts check import pull export completions help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'

if command -q lineage
    complete -c lineage -e
    complete --keep-order --no-files --command lineage --arguments "(COMPLETE=fish lineage -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token --cut-at-cursor))"
end
