use anyhow::{Context as _, Result};
use clap::Args;

use super::{Context, ReadArgs, Usage, id};
use crate::{
    analysis::{Best, ChainEnd, Query, TreeBuilder, Visit},
    append::nearest,
    log::Status,
    output::{
        self, Look,
        records::{Format, Sheet},
        tree::{Drawing, Leaves, Mark, Table, columns, parent},
    },
    store::no_such_trial,
};

/// Show the whole search as a tree
///
/// Parents come before children, siblings by id. A trial whose parent is not in the log is a root and marked; a cycle is
/// cut and said. The other formats have one row a trial, with its depth and its path.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage tree --depth 2
  lineage tree --root 042
  lineage tree --status keep
  lineage tree --format tsv > tree.tsv")]
pub struct Tree {
    /// Only this trial and what came from it
    #[arg(long, value_name = "EXP")]
    root: Option<String>,
    /// No deeper than this below a root
    #[arg(long, value_name = "N")]
    depth: Option<usize>,
    /// Only trials of this status and the way to them; may be given more than once
    #[arg(long, value_name = "STATUS")]
    status: Vec<String>,
    #[arg(long, value_enum, default_value = "text")]
    format: TreeFormat,
    #[command(flatten)]
    reading: ReadArgs,
}

/// `text` is the drawing; the others are those of every list.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum TreeFormat {
    /// The drawing, for a person
    #[value(alias = "table")]
    Text,
    Json,
    Jsonl,
    Tsv,
    Csv,
    Md,
}

impl Tree {
    /// The whole tree as a sheet.
    pub(super) fn listed(reading: ReadArgs) -> Self {
        Self {
            root: None,
            depth: None,
            status: Vec::new(),
            format: TreeFormat::Tsv,
            reading,
        }
    }
}

pub fn run(args: Tree, context: &Context) -> Result<()> {
    let Tree {
        root,
        depth,
        status,
        format,
        reading,
    } = args;
    let status = status
        .iter()
        .map(|word| known_status(word))
        .collect::<Result<Vec<_>>>()?;
    let root = root.as_deref().map(id).transpose()?;
    let log = context.open(&reading)?;
    let mut pieces = Pieces::new(format, &log.schema, context.ui.look);
    // Of all trials the texts are made in the one scan; a part of them is read again.
    let is_whole = root.is_none() && depth.is_none() && status.is_empty();
    let places = (Best::default(), TreeBuilder::default());
    let ((best, forest), leaves) = if is_whole {
        log.ask((places, pieces.leaves()))?
    } else {
        (log.ask(places)?, pieces.leaves())
    };
    let tree = forest.into_tree();
    let best = best.offset().and_then(|offset| tree.at(offset));
    let branches = tree.branches(root.as_ref(), depth);
    let branches = branches
        .with_context(|| root.map_or_else(String::new, |id| no_such_trial(&id, log.path())))?;
    let mut out = context.ui.pages();
    out.add(&pieces.head())?;
    let (mut cut, mut orphan) = (0, log.reader());
    let mut add = |visit: Visit, leaves: &Leaves, index: usize| {
        cut += usize::from(visit.end == ChainEnd::Cycle);
        let is_best = best == Some(visit.index);
        let mark = match &pieces {
            Pieces::Drawn(..) if is_best || visit.depth == 0 => {
                let parent = || orphan(tree.offset(visit.index)).map(|trial| parent(&trial.row()));
                Mark::new(visit.end, is_best, parent)?
            }
            _ => Mark::default(), // only a root can have an end of its own
        };
        out.add_with(|page| pieces.row(visit, (leaves, index), &mark, page))
    };
    if is_whole {
        branches
            .walk()
            .try_for_each(|visit| add(visit, &leaves, visit.index))?;
    } else {
        let visits = if status.is_empty() {
            branches.walk().collect()
        } else {
            branches.walk_to(|visit| status.contains(&visit.status))
        };
        let mut read = log.reader();
        for visit in visits {
            let mut leaf = leaves.empty();
            leaf.observe(&read(tree.offset(visit.index))?.row());
            add(visit, &leaf, 0)?;
        }
    }
    out.add(pieces.foot())?;
    out.end()?;
    if cut > 0 {
        context.ui.warn(&format!(
            "the parents form {}, cut where the tree says so",
            output::text::count(cut as u64, "cycle")
        ));
    }
    context.close(&log);
    Ok(())
}

/// The two ways to show a tree: drawn, or as a sheet.
enum Pieces {
    Drawn(Drawing, Look),
    Listed(Sheet, Table, Look),
}

impl Pieces {
    fn new(format: TreeFormat, schema: &crate::log::Schema, look: Look) -> Self {
        let format = match format {
            TreeFormat::Text => return Self::Drawn(Drawing::default(), look),
            TreeFormat::Json => Format::Json,
            TreeFormat::Jsonl => Format::Jsonl,
            TreeFormat::Tsv => Format::Tsv,
            TreeFormat::Csv => Format::Csv,
            TreeFormat::Md => Format::Md,
        };
        Self::Listed(Sheet::new(format, columns(schema)), Table::default(), look)
    }

    fn leaves(&self) -> Leaves {
        match self {
            Self::Drawn(_, look) => Leaves::drawn(*look),
            Self::Listed(.., look) => Leaves::listed(*look),
        }
    }

    fn head(&self) -> String {
        match self {
            Self::Drawn(..) => String::new(),
            Self::Listed(sheet, ..) => sheet.head(),
        }
    }

    /// Adds the line of a trial to a page.
    fn row(&mut self, visit: Visit, leaf: (&Leaves, usize), mark: &Mark, page: &mut Vec<u8>) {
        match self {
            Self::Drawn(drawing, _) => drawing.line(visit, leaf, mark, page),
            Self::Listed(sheet, table, _) => {
                page.extend_from_slice(sheet.row(&table.row(visit, leaf.0.of(leaf.1))).as_bytes());
            }
        }
    }

    fn foot(&self) -> &'static str {
        match self {
            Self::Drawn(..) => "",
            Self::Listed(sheet, ..) => sheet.foot(),
        }
    }
}

fn known_status(word: &str) -> Result<Status> {
    match Status::parse(word.as_bytes()) {
        Status::Other => {
            let words = Status::ALL.map(Status::name);
            Err(Usage(format!(
                "unknown status `{word}`; {}",
                nearest(word, words.into_iter())
            ))
            .into())
        }
        status => Ok(status),
    }
}
