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

/// List the prompts that were saved: what was shown to whom, and when
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage prompts
  lineage prompts --format jsonl | jq -r .path")]
pub struct Prompts {
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

/// The columns of the list.
const NAMES: [&str; 5] = ["saved", "specialist", "as_of", "bytes", "path"];

pub fn run(args: Prompts, context: &Context) -> Result<()> {
    let store = context.store()?;
    let rows: Vec<_> = store.saved_prompts()?.iter().map(row).collect();
    if rows.is_empty() {
        context
            .ui
            .note("no prompt was saved yet; `lineage render --save` saves one");
    }
    context.ui.print(&match args.format {
        Format::Table if rows.is_empty() => String::new(),
        Format::Table => {
            let shown =
                |row: &Vec<String>| row.iter().map(|cell| visible(cell).into_owned()).collect();
            let rows: Vec<_> = rows
                .iter()
                .map(|row| (shown(row), anstyle::Style::new()))
                .collect();
            table(&NAMES, &[3], rows, context.ui.look)
        }
        format => {
            let column = |name: &str| Column {
                name: name.to_owned(),
                text: name != "bytes",
            };
            sheet(format, NAMES.into_iter().map(column).collect(), rows)
        }
    })
}

fn row(saved: &SavedPrompt) -> Vec<String> {
    let text = |name: &str| saved.record[name].as_str().unwrap_or_default().to_owned();
    let bytes = saved.record["rendered_prompt"]
        .as_str()
        .map_or_else(String::new, |page| page.len().to_string());
    vec![
        text("saved"),
        text("specialist"),
        text("as_of"),
        bytes,
        saved.path.display().to_string(),
    ]
}
