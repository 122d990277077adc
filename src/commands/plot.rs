//! `lineage plot`: the search as a picture.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};

use super::args::parse_width;
use super::compare::name_logs;
use super::{Context, ReadArgs, Usage};
use crate::analysis::Progress;
use crate::files::replace_file;
use crate::open::open_log;
use crate::output::plot::{Axis, Plot as Picture, ScoreRange, Theme};

/// The size of a picture: 16:9.
const SIZE: (f64, f64) = (1280.0, 720.0);

/// The width of text that is not for a terminal.
const DEFAULT_COLUMNS: usize = 80;

/// Draw the scores of all trials
///
/// Shows each trial's score, the best so far as a line, the keeps with their ids and the start of their hypotheses, and
/// the failures below, by status. Outliers are marked at the edge. With several
/// `--store`, shows the best so far of each log.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage plot
  lineage plot -o progress.svg
  lineage plot -o progress.png --theme dark
  lineage plot --x hours --y 1.07:1.09 --by specialist
  lineage plot --store runs/a --store runs/b -o both.svg")]
pub struct Plot {
    /// Write to this file; .svg or .png decides the format [default: text to stdout]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// What is written [default: by the name of the file, else text]
    #[arg(long)]
    format: Option<Format>,
    /// The horizontal axis
    #[arg(long, value_name = "AXIS", default_value = "trial")]
    x: Axis,
    /// The scores that are shown: auto, all, or A:B
    #[arg(long, value_name = "RANGE", default_value = "auto")]
    #[arg(allow_hyphen_values = true)]
    y: ScoreRange,
    /// Colour trials by this column
    #[arg(long)]
    by: Option<By>,
    /// The colours of a PNG; an SVG adapts to the light or dark mode of its viewer
    #[arg(long, default_value = "light")]
    theme: Theme,
    /// Use only ASCII in text
    #[arg(long)]
    ascii: bool,
    /// Columns of text [default: those of the terminal, else 80]
    #[arg(long, value_name = "N", value_parser = parse_width)]
    width: Option<usize>,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Svg,
    Png,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum By {
    Specialist,
}

pub fn run(args: Plot, context: &Context) -> Result<()> {
    let format = choose_format(&args)?;
    let picture = make_picture(&args, context)?;
    let bytes = match format {
        Format::Text => {
            let columns = args.width.or(context.ui.columns).unwrap_or(DEFAULT_COLUMNS);
            picture
                .to_text(columns, args.ascii, context.ui.look)
                .into_bytes()
        }
        Format::Svg => picture.to_svg(SIZE.0, SIZE.1).into_bytes(),
        Format::Png => to_png(&picture, args.theme)?,
    };
    match &args.output {
        Some(path) => write_file(path, &bytes, context),
        None => context.ui.stream(|out| out.write_all(&bytes)),
    }
}

fn choose_format(args: &Plot) -> Result<Format> {
    let Some(path) = &args.output else {
        return Ok(args.format.unwrap_or(Format::Text));
    };
    let extension = path.extension().and_then(|extension| extension.to_str());
    let by_name = extension.and_then(|extension| match extension.to_ascii_lowercase().as_str() {
        "svg" => Some(Format::Svg),
        "png" => Some(Format::Png),
        "txt" => Some(Format::Text),
        _ => None,
    });
    match args.format.or(by_name) {
        Some(format) => Ok(format),
        None => bail!(Usage(format!(
            "{}: use a name with .svg, .png or .txt, or --format",
            path.display()
        ))),
    }
}

/// Reads the logs that are drawn.
fn make_picture(args: &Plot, context: &Context) -> Result<Picture> {
    let names = name_logs(&context.stores);
    let mut first = None;
    let mut searches = Vec::new();
    for (index, path) in context.store_paths().into_iter().enumerate() {
        let log = open_log(&context.store_at(path)?, &(&args.read).into())?;
        log.require_score()?;
        context.ui.note_all(&log.notes);
        let first = first.get_or_insert_with(|| log.schema.clone());
        if first.direction != log.schema.direction {
            let path = log.path().display();
            bail!(Usage(format!(
                "{path}: {} is better, unlike in the first log",
                log.schema.direction.better_word()
            )));
        }
        if first.metric != log.schema.metric {
            context.ui.warn(&format!(
                "{}: its scores are of {}; those of the first log, of {}, do not compare with them",
                log.path().display(),
                log.schema.metric,
                first.metric
            ));
        }
        let search = log.ask(Progress::default())?.number_trials();
        context.warn_damage(&log);
        let name = names.get(index).cloned().unwrap_or_default();
        searches.push((name, search));
    }
    let first = first.context("no logs")?;
    Ok(Picture {
        searches,
        metric: first.label.clone(),
        direction: first.direction,
        x: args.x,
        scores: args.y,
        by_specialist: args.by.is_some(),
    })
}

#[cfg(feature = "png")]
fn to_png(picture: &Picture, theme: Theme) -> Result<Vec<u8>> {
    picture.to_png(SIZE.0, SIZE.1, theme)
}

#[cfg(not(feature = "png"))]
fn to_png(_: &Picture, _: Theme) -> Result<Vec<u8>> {
    bail!("built without PNG; write an SVG instead, or build with the feature 'png'")
}

/// Writes a picture or a page, but never over a file of a store that it shows.
pub(super) fn write_file(path: &Path, bytes: &[u8], context: &Context) -> Result<()> {
    let mut mode = 0o666;
    for store in context.store_paths() {
        let store = context.store_at(store)?;
        store.check_output(path)?;
        mode &= store.derived_mode();
    }
    replace_file(path, bytes, mode).with_context(|| format!("cannot write {}", path.display()))
}
