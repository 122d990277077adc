use anyhow::Result;
use clap::{Args, ValueEnum};

use super::{Context, ReadArgs, tree};
use crate::{
    log::Status,
    output::{
        karpathy,
        records::{self, Format, Sheet},
        text::count,
    },
};

/// Print the whole log in the form of another tool
///
/// `tsv`, `csv` and `jsonl` have every column; `karpathy` has the five columns of karpathy/autoresearch, as its analysis.ipynb
/// reads them; `tree` has depth and path of every trial.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage export --format csv > trials.csv
  lineage export --format karpathy > results.tsv
  lineage --store results.tsv export --format jsonl | jq .status")]
pub struct Export {
    #[arg(long, value_enum, default_value = "tsv")]
    format: Form,
    #[command(flatten)]
    reading: ReadArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Tab-separated, every column
    Tsv,
    /// Comma-separated, every column
    Csv,
    /// One JSON object a line, every column
    Jsonl,
    /// commit, val_bpb, memory_gb, status, description
    Karpathy,
    /// Tab-separated, with depth and path
    Tree,
}

pub fn run(args: Export, context: &Context) -> Result<()> {
    let Export { format, reading } = args;
    let format = match format {
        Form::Tree => return tree::run(tree::Tree::listed(reading), context),
        Form::Karpathy => None,
        Form::Tsv => Some(Format::Tsv),
        Form::Csv => Some(Format::Csv),
        Form::Jsonl => Some(Format::Jsonl),
    };
    let log = context.open(&reading)?;
    let mut sheet = format.map(|format| Sheet::new(format, records::columns(&log.schema)).exact());
    let mut out = context.ui.pages();
    out.add(&sheet.as_ref().map_or_else(karpathy::head, Sheet::head))?;
    let (mut damaged, mut quarantined) = (0, 0);
    log.for_each_line(|row| {
        match &mut sheet {
            _ if row.damage.is_some() => {
                damaged += u64::from(row.damage != Some(crate::log::Damage::Blank))
            }
            Some(sheet) => out.add(&sheet.row(&records::cells(&row)))?,
            None if row.status() == Status::HarnessAbort => quarantined += 1,
            None => out.add(&karpathy::row(&row))?,
        }
        Ok(())
    })?;
    out.end()?;
    if quarantined > 0 {
        context.ui.note(&format!(
            "{} of status harness_abort left out",
            count(quarantined, "trial")
        ));
    }
    if damaged > 0 {
        let path = log.path().display();
        context.ui.warn(&format!(
            "{path}: {} left out; `lineage check` lists what is wrong",
            count(damaged, "damaged row")
        ));
    }
    Ok(())
}
