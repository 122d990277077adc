//! `lineage search`: trials with given words.

use anyhow::{Result, ensure};
use clap::Args;

use super::args::parse_positive;
use super::filter::FilterArgs;
use super::{Context, Usage};
use crate::analysis::similar::{Scorer, Search as Query};
use crate::log::Row;
use crate::output::columns::Column;
use crate::output::records::Format;
use crate::output::search::format_found;
use crate::output::similar::format_scored;

/// Search hypotheses and notes for words
///
/// Lists the trials that contain any of the words, best match first, with the words marked on a terminal. A word in the
/// hypothesis counts ten times as much as one in the notes. Words are matched as in `similar`: `muon` finds `muon_wd`, and `0.10`
/// matches `0.1`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage search rotary cache
  lineage search 'out of memory' --status crash
  lineage search label smoothing --specialist opt --format jsonl | jq .exp_id")]
pub struct Search {
    /// Words to look for
    #[arg(required = true, value_name = "WORDS")]
    words: Vec<String>,
    /// Number of trials
    #[arg(short, default_value = "20", value_name = "N", value_parser = parse_positive)]
    n: usize,
    /// Output format
    #[arg(long, default_value = "table")]
    format: Format,
    #[command(flatten)]
    filter: FilterArgs,
}

pub fn run(args: Search, context: &Context) -> Result<()> {
    let text = args.words.join(" ");
    let words = Scorer::new(&text);
    let nothing = format!("'{text}' has no word to search for; give a word of a hypothesis");
    ensure!(!words.is_empty(), Usage(nothing));
    let (log, filter) = args.filter.open(context)?;
    let is_wanted =
        |row: &Row| filter.accepts(row) && (filter.names_status() || !row.status().is_ignored());
    let found = log.ask(Query::new(&text, is_wanted))?.rank(args.n);
    let (offsets, scores): (Vec<_>, Vec<_>) = found.into_iter().unzip();
    let trials = log.all_at(offsets)?;
    if trials.is_empty() {
        let flags = filter.flags();
        context.ui.note(&format!("no trials match '{text}'{flags}"));
    }
    let answer = match args.format {
        Format::Table => format_found(&trials, &words, context.ui.look),
        format => {
            let scores = scores.iter().map(|score| vec![format!("{score:.4}")]);
            let rows = scores.zip(&trials);
            format_scored(vec![Column::number("score")], rows, &log.schema, format)
        }
    };
    context.answer(&answer, &log)
}
