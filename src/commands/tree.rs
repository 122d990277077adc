//! `lineage tree`: the whole search as a tree.

use anyhow::{Context as _, Result};
use clap::Args;

use super::args::{parse_count, parse_id};
use super::filter::WordFilter;
use super::{Context, ReadArgs};
use crate::analysis::{
    Best, ChainEnd, Query, Tree as SearchTree, TreeBuilder, Visit, keep_ancestors,
};
use crate::index::IndexedLog;
use crate::log::no_such_trial;
use crate::log::{ExpId, Role, Row};
use crate::output::records::{Format, RecordWriter};
use crate::output::tree::{TreeDrawing, TreeLines, format_mark};
use crate::output::tree_records::{TreeRecords, columns};
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
    #[arg(long, value_name = "N", value_parser = parse_count)]
    depth: Option<usize>,
    /// Only trials with this status and their ancestors; may be repeated
    #[arg(long, value_name = "STATUS")]
    status: Vec<String>,
    /// Output format
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    #[command(flatten)]
    read: ReadArgs,
}

pub fn run(args: Tree, context: &Context) -> Result<()> {
    let log = context.open(&args.read)?;
    let selection = Selection {
        root: args.root.as_deref().map(parse_id).transpose()?,
        depth: args.depth,
        status: WordFilter::new(Role::Status, "status", args.status),
    };
    selection.status.check(&log)?;
    match args.format {
        Format::Table => draw(&log, &selection, context),
        format => print_records(&log, &selection, format, context),
    }
}

/// Prints the records of all trials as TSV.
pub(super) fn export(log: &IndexedLog, context: &Context) -> Result<()> {
    let selection = Selection {
        root: None,
        depth: None,
        status: WordFilter::new(Role::Status, "status", Vec::new()),
    };
    print_records(log, &selection, Format::Tsv, context)
}

/// Which trials are shown.
struct Selection {
    root: Option<ExpId>,
    depth: Option<usize>,
    status: WordFilter,
}

impl Selection {
    /// The trials in the order of the tree. `accepted` says which of them the status filter accepts.
    fn visits(&self, tree: &SearchTree, accepted: &[bool], log: &IndexedLog) -> Result<Vec<Visit>> {
        let visits = tree.walk(self.root.as_ref(), self.depth);
        let visits = visits.with_context(|| match &self.root {
            Some(root) => no_such_trial(root, log.path()),
            None => String::new(),
        })?;
        Ok(if self.status.is_empty() {
            visits
        } else {
            keep_ancestors(visits, |visit| accepted[visit.index])
        })
    }
}

/// Which trials with an id a filter accepts, in the order of the log.
struct Accepted<'f> {
    filter: &'f WordFilter,
    rows: Vec<bool>,
}

impl<'f> Accepted<'f> {
    fn new(filter: &'f WordFilter) -> Self {
        Self {
            filter,
            rows: Vec::new(),
        }
    }
}

impl Query for Accepted<'_> {
    fn observe(&mut self, row: &Row) {
        if !self.filter.is_empty() && row.has_id() {
            self.rows.push(self.filter.accepts(row));
        }
    }
}

fn draw(log: &IndexedLog, selection: &Selection, context: &Context) -> Result<()> {
    let look = context.ui.look;
    // The lines are made in the order of the log: reading 100,000 rows again in the order of the tree is four times slower.
    let lines = (TreeLines::new(look), Accepted::new(&selection.status));
    let queries = ((Best::default(), TreeBuilder::default()), lines);
    let ((best, builder), (lines, accepted)) = log.ask(queries)?;
    let tree = builder.into_tree();
    let best = best.offset().and_then(|offset| tree.at(offset));
    let visits = selection.visits(&tree, &accepted.rows, log)?;
    let mut drawing = TreeDrawing::new(look);
    let mut marked = TreeLines::new(look);
    let mut read = log.reader();
    let mut out = context.ui.printer();
    let mut text = String::new();
    for &visit in &visits {
        text.clear();
        let is_best = best == Some(visit.index);
        if is_best || visit.end != ChainEnd::Root {
            let trial = read(tree.offset(visit.index))?;
            let mark = format_mark(&trial.row(), visit.end, is_best);
            marked.clear();
            marked.push(&trial.row(), &mark);
            drawing.push_line(visit, marked.get(0), &mut text);
        } else {
            drawing.push_line(visit, lines.get(visit.index), &mut text);
        }
        out.add(&text)?;
    }
    out.finish()?;
    print_messages(&visits, selection, log, context);
    Ok(())
}

fn print_records(
    log: &IndexedLog,
    selection: &Selection,
    format: Format,
    context: &Context,
) -> Result<()> {
    let queries = (TreeBuilder::default(), Accepted::new(&selection.status));
    let (builder, accepted) = log.ask(queries)?;
    let tree = builder.into_tree();
    let visits = selection.visits(&tree, &accepted.rows, log)?;
    let mut records = TreeRecords::default();
    let mut writer = RecordWriter::new(format, columns(&log.schema));
    let mut read = log.reader();
    let mut out = context.ui.printer();
    out.add(&writer.header())?;
    for &visit in &visits {
        let trial = read(tree.offset(visit.index))?;
        out.add(&writer.record(&records.record(visit, &trial.row())))?;
    }
    out.add(writer.footer())?;
    out.finish()?;
    print_messages(&visits, selection, log, context);
    Ok(())
}

fn print_messages(visits: &[Visit], selection: &Selection, log: &IndexedLog, context: &Context) {
    let is_cycle = |visit: &&Visit| visit.end == ChainEnd::Cycle;
    let cycles = visits.iter().filter(is_cycle).count();
    if cycles > 0 {
        let cycles = count(cycles as u64, "cycle");
        context.ui.warn(&format!(
            "the parents form {cycles}; see the marks in the tree"
        ));
    }
    if visits.is_empty() && !selection.status.is_empty() {
        let flags = selection.status.flags();
        context.ui.note(&format!("no trials match{flags}"));
    }
    context.close(log);
}
