//! Through the binary, as a shell script would: one file a command, and one a promise. Each snapshot holds stdout, stderr and
//! the exit status together.

mod agent;
mod amend;
mod amend_score;
mod amended_file;
mod append;
mod append_input;
mod append_json;
mod append_refused;
mod batch;
mod best_settings;
mod cases;
mod check;
#[cfg(unix)]
mod checkout;
#[cfg(unix)]
mod checkout_permissions;
mod compare;
mod completions;
mod completions_asked;
#[cfg(unix)]
mod damaged_texts;
mod dialects;
mod dialects_meaning;
mod dialects_shapes;
mod dialects_values;
mod diff;
#[cfg(unix)]
mod diff_patch;
mod documented;
mod export;
mod export_read_back;
mod file_system;
mod files;
mod filters;
mod fixtures;
mod formats;
mod formats_arbitrary;
mod formats_refused;
mod formats_words;
mod generated;
mod git;
mod import;
mod import_again;
mod import_merge;
mod import_other;
mod import_store;
mod index;
mod index_events;
mod init;
mod missing_log;
mod once;
mod output;
mod pictures;
mod pipe;
mod plot;
mod plot_files;
mod prompt_structure;
mod prune;
mod real_logs;
mod render;
mod render_budget;
mod render_commands;
mod render_insights;
mod render_limits;
mod render_saved;
mod render_search;
mod render_trials;
#[cfg(unix)]
mod render_workdir;
mod report;
mod roundtrip;
mod run;
mod run_failures;
mod run_limits;
mod run_sandbox;
mod run_score;
mod run_signals;
mod run_terminal;
mod sandbox;
mod search;
mod shared;
mod similar;
mod similar_eval;
mod sizes;
#[cfg(unix)]
mod snapshot;
#[cfg(unix)]
mod snapshot_faults;
#[cfg(unix)]
mod snapshot_ignored;
#[cfg(unix)]
mod snapshot_killed;
#[cfg(unix)]
mod snapshot_logged;
#[cfg(unix)]
mod snapshot_mounts;
mod snapshot_paths;
#[cfg(unix)]
mod snapshot_shared;
mod stats;
mod tail;
mod terminal;
mod together;
mod torn;
mod tree;
