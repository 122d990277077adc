//! Logs to measure with: made up, always the same, and like real ones in the length of their rows, in the mix of their
//! statuses, in how rare keeps become, and in the characters of their texts.

use std::{
    fs::{self, File},
    io::BufWriter,
    path::{Path, PathBuf},
};

use anyhow::Result;
use jiff::Timestamp;
use lineage::log::STANDARD;

/// Part of the name of a generated log: with another one, logs are made anew.
const VERSION: u32 = 5;

/// 2019-05-01T03:55:39Z: a million trials take nearly four years, and what is appended now comes after them.
const BEGIN: i64 = 1_556_682_939;

/// The score of the baseline, in millionths.
const SEED: i64 = 1_081_000;

/// Bytes of text that bring a row to about 900.
const HYPOTHESIS: usize = 290;
const NOTES: usize = 460;

const SPECIALISTS: [&str; 10] = [
    "arch", "curr", "eval", "loss", "meta", "opt", "quant", "reg", "tok", "ttt",
];

const PHRASES: [&str; 20] = [
    "raise muon_momentum_warmup_start 0.92→0.95",
    "at frac=0.165 (mid-warmup) momentum becomes 0.97 vs 0.955 prior — more averaging in the half-batch phase",
    "add a zero-init [model_dim=512] scale behind the final norm, bit-identical at step 0",
    "Δ within noise (σ≈0.0004 over 3 seeds), so this exact edit is worth no second run",
    "2.5× faster early steps, ~35% more of them in the same 600 s",
    "each step costs 12 µs more; the artifact stays at 15990000 bytes",
    "replace relu² by SwiGLU (8/3×, hidden=2048), parameter-neutral",
    "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.25 GiB (train_gpt.py:1147 in eval_val)",
    "split weight decay into attention (0.095) and MLP (0.115) groups",
    "an axis that nobody touched in 170 trials; exp_125 showed that lower hurts",
    "decay the floor of the learning rate linearly to 0.02·lr instead of the cosine's 0.10",
    "per-head gate = sigmoid(α·‖y‖₂ + β) with α=0, β=+4 between attention and projection",
    "GPTQ block_size 64→32 for finer compensation of the error, calibration_batches 64→48 to pay for it",
    "the agent predicted less than it cost: eval_stride 64→48 scores a third more windows",
    "follows arXiv 2502.15938; their gain was at 10× our budget",
    "H = XᵀX twice over for the top-100 tokens | no change of the architecture",
    "mask the loss over the first quarter of positions, which the last eval window never scores",
    "resubmitted as it was: the overrun (+3.7 s) was jitter of the machine",
    "don't stack with exp_109, whose half-size phase ends at frac=0.28",
    "keep the warm-up's graph in the cache, so that nothing is compiled inside of the budget",
];

const QUOTED: &str = "a \"full batch, no looping\" graph is trained and \"never\" used at eval; ";

/// A log of `rows` trials in a directory of its own below `dir`, made where it is not there yet. Nothing of `lineage` is
/// beside it: it has the 17 columns that a peer reads too.
pub(super) fn log(dir: &Path, rows: u64) -> Result<PathBuf> {
    let home = dir.join(format!("log-v{VERSION}-{rows}"));
    if !home.exists() {
        let unfinished = home.with_extension("part");
        fs::create_dir_all(&unfinished)?;
        write_log(&unfinished.join("results.tsv"), rows)?;
        fs::rename(unfinished, &home)?;
    }
    Ok(home.join("results.tsv"))
}

fn write_log(path: &Path, rows: u64) -> Result<()> {
    let file = BufWriter::new(File::create(path)?);
    let mut writer = csv::WriterBuilder::new().delimiter(b'\t').from_writer(file);
    writer.write_record(STANDARD)?;
    let mut search = Search::new();
    for id in 0..rows {
        writer.write_record(search.trial(id)?)?;
    }
    writer.flush()?;
    Ok(())
}

/// A search under way: what the next trial depends on.
struct Search {
    random: Random,
    seconds: i64,
    best: i64,
    keeps: Vec<u64>,
}

/// How a trial ended: its status, and its score in millionths where it has one.
type Outcome = (&'static str, Option<i64>);

impl Search {
    fn new() -> Self {
        Self {
            random: Random::new(),
            seconds: BEGIN,
            best: SEED,
            keeps: Vec::new(),
        }
    }

    /// The cells of the next trial, in the order of the header.
    fn trial(&mut self, id: u64) -> Result<[String; 17]> {
        let specialist = if id == 0 {
            "baseline"
        } else {
            SPECIALISTS[self.random.index(SPECIALISTS.len())]
        };
        let (parent, baseline) = self.ancestors();
        let (status, score) = self.outcome(id);
        let delta = self.delta(id, status, score);
        let score = score.map(|score| decimal(score, false)).unwrap_or_default();
        let kept = matches!(status, "keep" | "baseline");
        let row = [
            format!("{id:03}"),
            Timestamp::from_second(self.seconds)?.to_string(),
            specialist.to_owned(),
            parent,
            baseline,
            specialist.to_owned(),
            self.text(HYPOTHESIS),
            format!("-0.00{}", 1 + self.random.below(9)),
            status.to_owned(),
            score.clone(),
            score,
            delta,
            format!("600.{:03}000", self.random.below(200)),
            format!("{}.000000", 1300 + self.random.below(300)),
            format!("apga-{specialist}-{id:04}"),
            String::new(), // nothing is frozen: `check` would miss it
            self.notes(),
        ];
        self.seconds += 20 + self.random.signed(200);
        if kept {
            self.keeps.push(id);
        }
        Ok(row)
    }

    /// The parent, mostly the best, sometimes one of the keeps before it, so that the chain grows with the keeps; and the best.
    fn ancestors(&mut self) -> (String, String) {
        let Some(&best) = self.keeps.last() else {
            return Default::default();
        };
        let back = if self.random.below(8) == 0 {
            self.random.index(5)
        } else {
            0
        };
        let parent = self.keeps[self.keeps.len().saturating_sub(1 + back)];
        (format!("{parent:03}"), format!("{best:03}"))
    }

    /// About sqrt(N) of N trials are kept: each one becomes harder to find, and gains less.
    fn outcome(&mut self, id: u64) -> Outcome {
        if id == 0 {
            return ("baseline", Some(SEED));
        }
        if self.random.below(2 * (id + 1).isqrt()) == 0 {
            let gain = 2_000 / (self.keeps.len() as u64 + 1);
            return ("keep", Some(self.best - 1 - self.random.signed(gain + 1)));
        }
        let worse = self.best + self.random.signed(30_000);
        match self.random.below(100) {
            0..68 => ("discard", Some(worse)),
            68..87 => ("eval_budget_overrun", Some(worse)),
            87..93 => ("crash", None),
            93..98 => (
                "size_blocked",
                Some(self.best - 1 - self.random.signed(3_000)),
            ),
            98 => ("preflight_crash", None),
            _ => ("train_budget_overrun", None),
        }
    }

    /// The difference to the best before this trial, which a keep then replaces.
    fn delta(&mut self, id: u64, status: &str, score: Option<i64>) -> String {
        match score {
            Some(score) if id > 0 && matches!(status, "keep" | "discard") => {
                let delta = decimal(score - self.best, true);
                self.best = self.best.min(score);
                delta
            }
            _ => String::new(),
        }
    }

    /// In one row of fifty the writer has to quote.
    fn notes(&mut self) -> String {
        let text = self.text(NOTES);
        if self.random.below(50) == 0 {
            QUOTED.to_owned() + &text
        } else {
            text
        }
    }

    /// Phrases of about `length` bytes in all.
    fn text(&mut self, length: usize) -> String {
        let mut text = String::with_capacity(length + 120);
        while text.len() + 30 < length {
            if !text.is_empty() {
                text.push_str("; ");
            }
            text.push_str(PHRASES[self.random.index(PHRASES.len())]);
        }
        text
    }
}

/// Millionths as logs write them.
fn decimal(millionths: i64, signed: bool) -> String {
    let sign = match (millionths < 0, signed) {
        (true, _) => "-",
        (false, true) => "+",
        (false, false) => "",
    };
    let size = millionths.unsigned_abs();
    format!("{sign}{}.{:06}", size / 1_000_000, size % 1_000_000)
}

/// Splitmix64: the same numbers on every machine.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new() -> Self {
        Self(0x006c_696e_6561_6765)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn signed(&mut self, limit: u64) -> i64 {
        self.below(limit).cast_signed()
    }

    pub(super) fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).expect("less than a usize")
    }
}
