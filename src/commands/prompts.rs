//! `lineage prompts`: the saved prompts.

use anyhow::Result;
use clap::Args;

use super::Context;
use crate::output::columns::Column;
use crate::output::records::{Format, format_records};
use crate::output::table::format_table;
use crate::text::visible;

/// List saved prompts: when, for which specialist, as of which trial
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage prompts
  lineage prompts --format jsonl | jq -r .path")]
pub struct Prompts {
    /// Output format
    #[arg(long, default_value = "table")]
    format: Format,
}

pub fn run(args: Prompts, context: &Context) -> Result<()> {
    let store = context.store()?;
    let prompts = store.saved_prompts()?;
    let names = ["saved", "specialist", "as_of", "bytes", "path"];
    let rows = prompts.iter().map(|saved| {
        let [time, specialist, as_of] = ["saved", "specialist", "as_of"].map(|key| saved.text(key));
        let prompt = saved.record["rendered_prompt"].as_str();
        let bytes = prompt.map_or_else(String::new, |prompt| prompt.len().to_string());
        let path = saved.path.display().to_string();
        [
            time.to_owned(),
            specialist.to_owned(),
            as_of.to_owned(),
            bytes,
            path,
        ]
    });
    if prompts.is_empty() {
        let note = match store.dir() {
            Some(_) => "no saved prompts; `lineage render --for agent --save` saves one",
            None => "no saved prompts: the log is not in a store",
        };
        context.ui.note(note);
    }
    context.ui.print(&match args.format {
        Format::Table if prompts.is_empty() => String::new(),
        Format::Table => {
            let cell = |text: String| visible(&text).into_owned().into();
            let rows = rows.map(|cells| cells.map(cell).to_vec());
            format_table(&names, &[3], rows.collect(), context.ui.look)
        }
        format => {
            let mut columns = names.map(Column::text);
            columns[3].is_text = false;
            format_records(format, columns, rows)
        }
    })
}
