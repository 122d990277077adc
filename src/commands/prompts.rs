use anyhow::Result;
use clap::Args;

use super::Context;
use crate::{
    output::{
        records::{Column, Format, sheet},
        table::table,
        text::visible,
    },
    store::SavedPrompt,
};

/// List the saved prompts: what was shown to whom, and when
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage prompts
  lineage prompts --format jsonl | jq -r .path")]
pub struct Prompts {
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

const COLUMNS: [&str; 5] = ["saved", "specialist", "as_of", "bytes", "path"];

pub fn run(Prompts { format }: Prompts, context: &Context) -> Result<()> {
    let saved = context.store()?.saved_prompts()?;
    if saved.is_empty() {
        context
            .ui
            .note("no saved prompts; `lineage render --save` saves one");
    }
    let rows = saved.iter().map(cells);
    context.ui.print(&match format {
        Format::Table if saved.is_empty() => String::new(),
        Format::Table => {
            let rows = rows.map(|row| row.map(|cell| visible(&cell).into_owned()).to_vec());
            let rows = rows.map(|row| (row, anstyle::Style::new())).collect();
            table(&COLUMNS, &[3], rows, context.ui.look)
        }
        format => {
            let columns = COLUMNS.map(|name| Column {
                name: name.to_owned(),
                text: name != "bytes",
            });
            sheet(format, columns.to_vec(), rows.map(|row| row.to_vec()))
        }
    })
}

fn cells(saved: &SavedPrompt) -> [String; 5] {
    let bytes = saved.record["rendered_prompt"]
        .as_str()
        .map(|prompt| prompt.len().to_string());
    [
        saved.text("saved").to_owned(),
        saved.text("specialist").to_owned(),
        saved.text("as_of").to_owned(),
        bytes.unwrap_or_default(),
        saved.path.display().to_string(),
    ]
}
