//! `lineage tree`: the whole search as a tree.

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum, builder::PossibleValue};

use super::Context;
use super::args::{parse_count, parse_id};
use super::candidates;
use super::filter::{Filter, FilterArgs};
use crate::analysis::{Best, ChainEnd, Query, Tree, TreeBuilder, Visit, keep_ancestors};
use crate::index::IndexedLog;
use crate::output::records::{Format, RecordWriter};
use crate::output::tree::graph::{Graph, GraphLanguage};
use crate::output::tree::records::{TreeRecords, columns};
use crate::output::tree::{Marks, TreeCells, TreeDrawing};
use crate::text::count;

/// Show the whole search as a tree
///
/// Parents come before children, siblings by id. Each line has the id, the status, the score, the difference from the
/// best at the time, the specialist and the hypothesis; `*` marks the ancestors of the best trial. By default, failed siblings
/// without children share a line, and ignored trials (`harness_abort`) are left out; --all or a filter turns both off. A trial
/// whose parent is not in the log becomes a root and is marked; a cycle is cut and marked. With a filter, the tree also shows
/// the ancestors of the trials that match. The formats json, jsonl, tsv, csv and md list only the trials that match, all
/// without a filter, each with its depth and its path.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage tree --depth 2
  lineage tree --root 042 --all
  lineage tree --specialist opt --since 1d
  lineage tree --format dot | dot -Tsvg > tree.svg
  lineage tree --format tsv > tree.tsv")]
pub struct TreeArgs {
    /// Only this trial and its descendants
    #[arg(long, value_name = "EXP", add = candidates::trial())]
    root: Option<String>,
    /// Maximum depth below a root
    #[arg(long, value_name = "N", value_parser = parse_count::<usize>)]
    depth: Option<usize>,
    /// One line for each trial, including failed and ignored ones
    #[arg(long)]
    all: bool,
    /// Output format
    #[arg(long, default_value = "table")]
    format: TreeFormat,
    #[command(flatten)]
    filter: FilterArgs,
}

/// How a tree is printed.
#[derive(Clone, Copy, Debug)]
enum TreeFormat {
    Drawing,
    Records(Format),
    Graph(GraphLanguage),
}

impl ValueEnum for TreeFormat {
    fn value_variants<'a>() -> &'a [Self] {
        &[
            Self::Drawing,
            Self::Records(Format::Json),
            Self::Records(Format::Jsonl),
            Self::Records(Format::Tsv),
            Self::Records(Format::Csv),
            Self::Records(Format::Md),
            Self::Graph(GraphLanguage::Dot),
            Self::Graph(GraphLanguage::Mermaid),
        ]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Self::Drawing => Format::Table.to_possible_value(),
            Self::Records(format) => format.to_possible_value(),
            Self::Graph(language) => language.to_possible_value(),
        }
    }
}

/// All trials of a log.
struct Trials {
    tree: Tree,
    /// Whether the filter accepts each trial.
    accepted: Vec<bool>,
    /// Empty if only records are printed.
    cells: TreeCells,
    marks: Marks,
}

pub fn run(args: TreeArgs, context: &Context) -> Result<()> {
    let (log, filter) = args.filter.open(context)?;
    let root = args.root.as_deref().map(parse_id).transpose()?;
    let is_record = matches!(args.format, TreeFormat::Records(_));
    let trials = read_trials(&log, &filter, !is_record)?;
    let visits = trials.tree.walk(root.as_ref(), args.depth);
    let visits = visits.with_context(|| match &root {
        Some(root) => log.no_such_trial(root),
        None => String::new(),
    })?;
    let shows_ignored = args.all || is_record || filter.names_status();
    let (visits, ignored) = trials.choose(visits, shows_ignored);
    let groups = if args.all || is_record || !filter.is_empty() {
        visits.chunks(1).collect()
    } else {
        trials.tree.fold_failures(&visits)
    };
    match args.format {
        TreeFormat::Drawing => draw(&trials, &groups, &log, context)?,
        TreeFormat::Graph(language) => print_graph(&trials, &groups, language, context)?,
        TreeFormat::Records(format) => print_records(&log, &trials, &visits, format, context)?,
    }
    if ignored > 0 {
        let trials = count(ignored as u64, "ignored trial");
        let note = format!("left out {trials} (harness_abort); `lineage tree --all` shows all");
        context.ui.note(&note);
    }
    print_messages(&visits, &filter, &log, context);
    Ok(())
}

/// Prints the whole tree as TSV.
pub(super) fn export(log: &IndexedLog, filter: &Filter, context: &Context) -> Result<()> {
    let trials = read_trials(log, filter, false)?;
    let visits = trials.tree.walk(None, None).unwrap_or_default();
    let (visits, _) = trials.choose(visits, true);
    print_records(log, &trials, &visits, Format::Tsv, context)?;
    print_messages(&visits, filter, log, context);
    Ok(())
}

impl Trials {
    /// The accepted trials and their ancestors, and how many ignored trials were left out.
    fn choose(&self, visits: Vec<Visit>, shows_ignored: bool) -> (Vec<Visit>, usize) {
        let is_hidden = |visit: &Visit| {
            !shows_ignored
                && self.accepted[visit.index]
                && self.tree.status(visit.index).is_ignored()
        };
        let hidden = visits.iter().filter(|visit| is_hidden(visit)).count();
        if hidden == 0 && self.accepted.iter().all(|&is_accepted| is_accepted) {
            return (visits, 0);
        }
        let is_wanted = |visit: &Visit| self.accepted[visit.index] && !is_hidden(visit);
        let chosen = keep_ancestors(visits, is_wanted);
        let kept = chosen.iter().filter(|visit| is_hidden(visit)).count();
        (chosen, hidden - kept)
    }
}

/// Reads every row once. With `has_cells`, also what a drawing shows of it.
fn read_trials(log: &IndexedLog, filter: &Filter, has_cells: bool) -> Result<Trials> {
    let (mut best, mut builder) = (Best::default(), TreeBuilder::default());
    let (mut accepted, mut cells) = (Vec::new(), TreeCells::default());
    let damage = log.for_each_row(|row| {
        best.observe(row);
        if !builder.add(row) {
            return;
        }
        accepted.push(filter.accepts(row));
        if has_cells {
            cells.add(row);
        }
    })?;
    log.set_damage(damage);
    let tree = builder.into_tree();
    let mut marks = Marks {
        is_partial: !log.scope.is_empty(),
        ..Marks::default()
    };
    if let Some(offset) = best.offset() {
        marks.best = tree.at(offset);
        marks.on_chain = vec![false; accepted.len()];
        for index in tree.chain_of_row(offset).offsets {
            if let Some(index) = tree.at(index) {
                marks.on_chain[index] = true;
            }
        }
    }
    Ok(Trials {
        tree,
        accepted,
        cells,
        marks,
    })
}

fn draw(trials: &Trials, groups: &[&[Visit]], log: &IndexedLog, context: &Context) -> Result<()> {
    let (look, direction) = (context.ui.look, log.schema.direction);
    let mut drawing = TreeDrawing::new(&trials.cells, &trials.marks, groups, direction, look);
    let mut out = context.ui.printer();
    for group in groups {
        out.add(&drawing.draw(group))?;
    }
    out.finish()
}

fn print_graph(
    trials: &Trials,
    groups: &[&[Visit]],
    language: GraphLanguage,
    context: &Context,
) -> Result<()> {
    let mut graph = Graph::new(language, &trials.cells, &trials.marks);
    let mut out = context.ui.printer();
    out.add(graph.header())?;
    for group in groups {
        out.add(&graph.draw(group))?;
    }
    out.add(graph.footer())?;
    out.finish()
}

/// Prints the accepted trials. The path of each one names its ancestors.
fn print_records(
    log: &IndexedLog,
    trials: &Trials,
    visits: &[Visit],
    format: Format,
    context: &Context,
) -> Result<()> {
    let mut records = TreeRecords::default();
    let mut writer = RecordWriter::new(format, columns(&log.schema));
    let (mut read, mut out) = (log.reader(), context.ui.printer());
    out.add(&writer.header())?;
    for &visit in visits {
        let trial = read(trials.tree.offset(visit.index))?;
        let record = records.record(visit, &trial.row());
        if trials.accepted[visit.index] {
            out.add(&writer.record(&record))?;
        }
    }
    out.add(writer.footer())?;
    out.finish()
}

fn print_messages(visits: &[Visit], filter: &Filter, log: &IndexedLog, context: &Context) {
    let is_cycle = |visit: &&Visit| visit.end == ChainEnd::Cycle;
    let cycles = visits.iter().filter(is_cycle).count();
    if cycles > 0 {
        let cycles = count(cycles as u64, "cycle");
        let warning = format!("the parents form {cycles}; see the marks in the tree");
        context.ui.warn(&warning);
    }
    if visits.is_empty() && !filter.is_empty() {
        context.ui.note(&filter.explain_nothing());
    }
    context.warn_damage(log);
}
