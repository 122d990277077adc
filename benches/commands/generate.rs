//! Generates logs that are the same on every machine: about 900 bytes a row, about √N keeps in N
//! trials, and a realistic mix of statuses.

use std::fs::File;
use std::io::{BufWriter, Write};

use anyhow::Result;
use jiff::Timestamp;

const HEADER: &str = "exp_id\ttimestamp\tspecialist\tparent_exp\tbaseline_exp\tdomain\thypothesis\t\
    expected_delta\tstatus\tcore_metric\tval_bpb\tdelta_vs_best\ttrain_s\ttotal_s\tjob_name\t\
    snapshot_path\tnotes";
const PHRASES: [&str; 5] = [
    "raise muon_momentum_warmup_start 0.92→0.95 and keep the cosine schedule; ",
    "Δ within noise (σ≈0.0004 over 3 seeds), so a second run would not help; ",
    "replace relu² by SwiGLU (8/3×, hidden=2048) with the same parameter count; ",
    "torch.OutOfMemoryError: tried to allocate 2.25 GiB (train_gpt.py:1147 in eval_val); ",
    "eval_stride 64→48 scores a third more windows and costs 41 s | see exp_109; ",
];
/// 2019-05-01, so that a million trials end before today.
const START_SECONDS: i64 = 1_556_682_939;
const BASELINE_MILLIONTHS: i32 = 1_081_000;

/// Writes a log and returns the id of its best trial.
pub(crate) fn write_log(path: &str, trials: u32) -> Result<String> {
    // Large writes, because a file written in small pieces is slower to read from the page cache.
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let mut search = Search::default();
    writeln!(file, "{HEADER}")?;
    for id in 0..trials {
        writeln!(file, "{}", search.next_row(id)?)?;
    }
    file.flush()?;
    Ok(search.best)
}

/// A search that minimises its score.
#[derive(Default)]
struct Search {
    random: u64,
    best: String,
    gained_millionths: i32,
    keeps: u32,
}

impl Search {
    fn next_row(&mut self, id: u32) -> Result<String> {
        let time = Timestamp::from_second(START_SECONDS + 100 * i64::from(id))?;
        let specialist = ["arch", "eval", "opt", "quant", "tok"][id as usize % 5];
        let (parent, hypothesis, notes) = (self.best.clone(), self.make_text(4), self.make_text(6));
        let (status, difference) = self.choose_outcome(id);
        let (mut score, mut delta) = (String::new(), String::new());
        if let Some(difference) = difference {
            let millionths = BASELINE_MILLIONTHS - self.gained_millionths + difference;
            score = format!("{:.6}", f64::from(millionths) / 1e6);
            if matches!(status, "keep" | "discard") {
                delta = format!("{:+.6}", f64::from(difference) / 1e6);
            }
            if matches!(status, "keep" | "baseline") {
                self.best = format!("{id:03}");
                self.gained_millionths -= difference;
                self.keeps += 1;
            }
        }
        Ok(format!(
            "{id:03}\t{time}\t{specialist}\t{parent}\t{parent}\t{specialist}\t{hypothesis}\t-0.001\t\
             {status}\t{score}\t{score}\t{delta}\t600.12\t1420.55\tjob-{id:04}\t\t{notes}"
        ))
    }

    /// Returns the status, and the difference to the best score if there is a score.
    fn choose_outcome(&mut self, id: u32) -> (&'static str, Option<i32>) {
        if id == 0 {
            return ("baseline", Some(0));
        }
        if self.random_below(2 * id.isqrt() + 2) == 0 {
            let gain = 1 + self.random_below(2_000 / (self.keeps + 1) + 1);
            return ("keep", Some(-gain.cast_signed()));
        }
        let loss = self.random_below(30_000).cast_signed();
        match self.random_below(100) {
            0..68 => ("discard", Some(loss)),
            68..87 => ("eval_budget_overrun", Some(loss)),
            87..94 => ("crash", None),
            _ => ("size_blocked", Some(-1_000)),
        }
    }

    fn make_text(&mut self, phrases: usize) -> String {
        let mut text = String::new();
        for _ in 0..phrases {
            text += PHRASES[self.random_below(5) as usize];
        }
        text
    }

    /// A linear congruential generator with Knuth's constants.
    fn random_below(&mut self, limit: u32) -> u32 {
        let next = self.random.wrapping_mul(6_364_136_223_846_793_005);
        self.random = next.wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((self.random >> 33) % u64::from(limit)).expect("below a u32")
    }
}
