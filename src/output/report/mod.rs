//! The report: one page with everything, which needs no server and no network. Texts from the log are escaped by the
//! template or are in a block of JSON, and a policy in the page allows only its own script and style.

mod figures;
mod trials;

use anyhow::{Context, Result};
use askama::Template;
use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::json;
use sha2::{Digest, Sha256};

pub use self::trials::TrialTable;
use super::json::json as to_json;
use super::plot::{Fragment, Plot, plot_css};
use crate::analysis::{Limit, Progress, Tally};
use crate::text::visible;

const SCRIPT: &str = concat!(
    include_str!("state.js"),
    include_str!("plot.js"),
    include_str!("table.js"),
    include_str!("tree.js"),
    include_str!("panel.js"),
    include_str!("main.js"),
);

/// The sizes of the plot on a screen and on a telephone.
const WIDE: (f64, f64) = (1280.0, 560.0);
const NARROW: (f64, f64) = (400.0, 420.0);

/// What a report shows: the plot of one search, and the rest of it.
pub struct Report {
    pub plot: Plot,
    pub by_specialist: Tally,
    /// The limits, each with the value of the best trial.
    pub limits: Vec<(Limit, Option<f64>)>,
    pub trials: TrialTable,
    /// The saved prompts, each with its name.
    pub prompts: Vec<(String, String)>,
    /// The trials whose snapshots differ from those of their parents, by their place in the table, as patches.
    pub patches: Vec<(usize, String)>,
    /// After how many seconds the page reloads itself.
    pub reload: Option<u64>,
}

#[derive(Template)]
#[template(path = "page.html")]
struct Page<'r> {
    report: &'r Report,
    label: &'r str,
    script: &'static str,
    script_hash: String,
    style: &'r str,
    style_hash: String,
    wide: Fragment,
    narrow: Fragment,
    data: String,
}

impl Report {
    fn search(&self) -> &Progress {
        &self.plot.searches[0].1
    }
}

pub fn format_report(report: &Report) -> Result<String> {
    let wide = report.plot.to_fragment(WIDE.0, WIDE.1);
    let narrow = report.plot.to_fragment(NARROW.0, NARROW.1);
    let style = format!("{}{}", include_str!("page.css"), plot_css());
    let page = Page {
        report,
        label: &visible(&report.plot.metric),
        script: SCRIPT,
        script_hash: hash(SCRIPT),
        style_hash: hash(&style),
        style: &style,
        data: format_data(report, &wide, &narrow),
        wide,
        narrow,
    };
    page.render().context("cannot make the page")
}

/// The trials for the script. `<` is escaped, so that no text can end the block that they are in.
fn format_data(report: &Report, wide: &Fragment, narrow: &Fragment) -> String {
    let mut data = report.trials.to_json(&report.plot);
    data["plots"] = json!({"wide": wide.scales, "narrow": narrow.scales});
    data["patches"] = json!({});
    for (index, patch) in &report.patches {
        data["patches"][index.to_string()] = patch.as_str().into();
    }
    data["reload"] = report.reload.into();
    to_json(&data).replace('<', "\\u003c")
}

/// The source of a script or a style as a Content-Security-Policy names it.
fn hash(source: &str) -> String {
    let digest = Sha256::digest(source.as_bytes());
    format!("sha256-{}", BASE64_STANDARD.encode(digest))
}
