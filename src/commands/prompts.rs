//! `lineage prompts`: the saved prompts.

use anstyle::Style;
use anyhow::Result;
use clap::Args;

use super::Context;
use crate::output::records::{Column, Format, format_records};
use crate::output::table::{Cell, format_table};
use crate::store::SavedPrompt;
use crate::text::visible;

/// List saved prompts: when, for which specialist, as of which trial
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage prompts
  lineage prompts --format jsonl | jq -r .path")]
pub struct Prompts {
    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

const NAMES: [&str; 5] = ["saved", "specialist", "as_of", "bytes", "path"];

pub fn run(args: Prompts, context: &Context) -> Result<()> {
    let prompts = context.store()?.saved_prompts()?;
    if prompts.is_empty() {
        context
            .ui
            .note("no saved prompts; `lineage render --save` saves one");
    }
    let rows = prompts.iter().map(cells);
    context.ui.print(&match args.format {
        Format::Table if prompts.is_empty() => String::new(),
        Format::Table => {
            let cell = |text: String| Cell::new(visible(&text), Style::new());
            let rows = rows.map(|cells| cells.map(cell).to_vec());
            format_table(&NAMES, &[3], rows.collect(), context.ui.look)
        }
        format => {
            let columns = NAMES.map(|name| match name {
                "bytes" => Column::number(name),
                _ => Column::text(name),
            });
            format_records(format, columns.to_vec(), rows.map(Vec::from))
        }
    })
}

fn cells(saved: &SavedPrompt) -> [String; 5] {
    let text = |name: &str| saved.text(name).to_owned();
    let prompt = saved.record["rendered_prompt"].as_str();
    [
        text("saved"),
        text("specialist"),
        text("as_of"),
        prompt.map_or_else(String::new, |prompt| prompt.len().to_string()),
        saved.path.display().to_string(),
    ]
}
