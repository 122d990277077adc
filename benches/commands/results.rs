//! What was measured, by length of log, question, and who answered it.

use crate::measure::{Figures, Probe};

/// Who answers. A log alone is one that `lineage` never wrote to; a kept store is one that an append of it has seen.
pub(super) const EMPTY: &str = "an empty program";
pub(super) const EMPTY_STATIC: &str = "an empty program, static";
pub(super) const VERSION: &str = "lineage --version";
pub(super) const WC: &str = "wc -l";
pub(super) const BARE: &str = "lock, write, flush";
pub(super) const CAT: &str = "cat of its text";
pub(super) const ALONE: &str = "lineage, log alone";
pub(super) const KEPT: &str = "lineage, kept store";
pub(super) const NEW: &str = "lineage, new store";

/// The questions, in the order of the tables.
const ORDER: [&str; 11] = [
    "start", "scan", "best", "tail", "stats", "chain", "render", "show", "check", "tree", "append",
];

pub(super) struct Measured {
    pub(super) rows: u64,
    pub(super) what: &'static str,
    pub(super) by: &'static str,
    /// `None` where a peer failed.
    pub(super) figures: Option<Figures>,
    /// What a peer answered: right, or what is wrong with it.
    pub(super) verdict: Option<Result<(), String>>,
}

#[derive(Default)]
pub(super) struct Results(Vec<Measured>);

impl Results {
    pub(super) fn add(&mut self, rows: u64, probes: &[Probe]) {
        self.0.extend(probes.iter().map(|probe| Measured {
            rows,
            what: probe.what,
            by: probe.by,
            figures: probe.figures(),
            verdict: probe.verdict(),
        }));
    }

    pub(super) fn lengths(&self) -> Vec<u64> {
        let mut lengths: Vec<u64> = self.0.iter().map(|measured| measured.rows).collect();
        lengths.dedup();
        lengths
    }

    /// Who answers which question, in the order of the tables.
    pub(super) fn lines(&self) -> Vec<(&'static str, &'static str)> {
        let mut lines = Vec::new();
        for what in ORDER {
            for Measured { by, .. } in self.0.iter().filter(|measured| measured.what == what) {
                if !lines.contains(&(what, *by)) {
                    lines.push((what, *by));
                }
            }
        }
        lines
    }

    pub(super) fn get(&self, rows: u64, what: &str, by: &str) -> Option<&Measured> {
        self.0
            .iter()
            .find(|measured| measured.rows == rows && measured.what == what && measured.by == by)
    }

    pub(super) fn wall(&self, rows: u64, what: &str, by: &str) -> Option<f64> {
        Some(self.get(rows, what, by)?.figures?.wall_ms)
    }

    pub(super) fn peak(&self, rows: u64, what: &str, by: &str) -> Option<f64> {
        Some(self.get(rows, what, by)?.figures?.peak_mb)
    }

    pub(super) fn empty(&self, rows: u64) -> Option<f64> {
        self.wall(rows, "start", EMPTY)
    }
}
