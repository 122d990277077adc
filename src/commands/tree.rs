//! `lineage tree`: the whole search as a tree.

use anyhow::{Context as _, Result};
use clap::Args;

use super::args::{parse_count, parse_id};
use super::filter::WordFilter;
use super::{Context, ReadArgs};
use crate::analysis::{Best, ChainEnd, Query, TreeBuilder, Visit, keep_ancestors};
use crate::index::IndexedLog;
use crate::log::{Role, no_such_trial};
use crate::output::records::{Format, RecordWriter};
use crate::output::tree::{TreeDrawing, TreeLine, TreeRecords, columns};
use crate::text::count;

/// Show the whole search as a tree
///
/// Parents come before children, siblings by id. Each line has the id, the status, the score, the difference from the
/// best at the time, the specialist and the hypothesis. A trial whose parent is not in the log becomes a root and is
/// marked; a cycle is cut and marked. The other formats have one record per trial with its depth and its path.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage tree --depth 2
  lineage tree --root 042
  lineage tree --status keep
  lineage tree --format tsv > tree.tsv")]
pub struct Tree {
    /// Only this trial and its descendants
    #[arg(long, value_name = "EXP")]
    root: Option<String>,
    /// Maximum depth below a root
    #[arg(long, value_name = "N", value_parser = parse_count::<usize>)]
    depth: Option<usize>,
    /// Only trials with this status and their ancestors; may be repeated
    #[arg(long, value_name = "STATUS")]
    status: Vec<String>,
    /// Output format
    #[arg(long, default_value = "table")]
    format: Format,
    #[command(flatten)]
    read: ReadArgs,
}

impl Tree {
    /// The whole tree as TSV.
    pub(super) fn export(read: ReadArgs) -> Self {
        Self {
            root: None,
            depth: None,
            status: Vec::new(),
            format: Format::Tsv,
            read,
        }
    }
}

pub fn run(args: Tree, context: &Context) -> Result<()> {
    let log = context.open(&args.read)?;
    let look = context.ui.look;
    let root = args.root.as_deref().map(parse_id).transpose()?;
    let status = WordFilter::new(Role::Status, "status", args.status);
    status.check(&log)?;
    let (mut best, mut builder) = (Best::default(), TreeBuilder::default());
    // In the order of the log: reading 100,000 rows again in the order of the tree is four times slower.
    let (mut accepted, mut lines) = (Vec::new(), Vec::new());
    let damage = log.for_each_row(|row| {
        best.observe(row);
        builder.observe(row);
        if row.id().is_some() {
            accepted.push(status.accepts(row));
            if args.format == Format::Table {
                lines.push(TreeLine::new(row, ChainEnd::Root, false, look));
            }
        }
    })?;
    log.set_damage(damage);
    let tree = builder.into_tree();
    let visits = tree.walk(root.as_ref(), args.depth);
    let visits = visits.with_context(|| match &root {
        Some(root) => no_such_trial(root, log.path()),
        None => String::new(),
    })?;
    let visits = if status.is_empty() {
        visits
    } else {
        keep_ancestors(visits, |visit| accepted[visit.index])
    };
    let with_offset = |&visit: &Visit| (visit, tree.offset(visit.index));
    let offsets = visits.iter().map(with_offset);
    match args.format {
        Format::Table => draw(&log, offsets, best.offset(), &lines, context)?,
        format => print_records(&log, offsets, format, context)?,
    }
    print_messages(&visits, &status, context);
    context.warn_damage(&log);
    Ok(())
}

fn draw(
    log: &IndexedLog,
    visits: impl Iterator<Item = (Visit, u64)>,
    best: Option<u64>,
    lines: &[TreeLine],
    context: &Context,
) -> Result<()> {
    let look = context.ui.look;
    let (mut drawing, mut read) = (TreeDrawing::new(look), log.reader());
    let (mut out, mut text) = (context.ui.printer(), String::new());
    for (visit, offset) in visits {
        text.clear();
        let is_best = best == Some(offset);
        if is_best || visit.end != ChainEnd::Root {
            let line = TreeLine::new(&read(offset)?.row(), visit.end, is_best, look);
            drawing.draw(visit, &line, &mut text);
        } else {
            drawing.draw(visit, &lines[visit.index], &mut text);
        }
        out.add(&text)?;
    }
    out.finish()
}

fn print_records(
    log: &IndexedLog,
    visits: impl Iterator<Item = (Visit, u64)>,
    format: Format,
    context: &Context,
) -> Result<()> {
    let mut records = TreeRecords::default();
    let mut writer = RecordWriter::new(format, columns(&log.schema));
    let (mut read, mut out) = (log.reader(), context.ui.printer());
    out.add(&writer.header())?;
    for (visit, offset) in visits {
        out.add(&writer.record(&records.record(visit, &read(offset)?.row())))?;
    }
    out.add(writer.footer())?;
    out.finish()
}

fn print_messages(visits: &[Visit], status: &WordFilter, context: &Context) {
    let is_cycle = |visit: &&Visit| visit.end == ChainEnd::Cycle;
    let cycles = visits.iter().filter(is_cycle).count();
    if cycles > 0 {
        let cycles = count(cycles as u64, "cycle");
        let warning = format!("the parents form {cycles}; see the marks in the tree");
        context.ui.warn(&warning);
    }
    if visits.is_empty() && !status.is_empty() {
        let flags = status.flags();
        context.ui.note(&format!("no trials match{flags}"));
    }
}
