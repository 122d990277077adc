//! What the names and words of other people's logs mean. These tables are the rules: a log that is read wrongly is mended by
//! one line here and a fixture. How a name or a cell is compared with them is in `words`.

use crate::log::{Direction, Status};

use Direction::{Maximize, Minimize};
use Means::{Is, Ran};

/// What a column can be to `lineage`, besides the verdict and the score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    Id,
    Time,
    Agent,
    Parent,
    Domain,
    Hypothesis,
    Verdict,
    Score,
    Notes,
    TrainSeconds,
    TotalSeconds,
    Other(&'static str),
}

/// The names of each part, the best first. The first column that fits is taken, and a column is taken once.
pub const NAMES: &[(Part, &str, &str)] = &[
    (
        Part::Id,
        "exp_id",
        "exp_id id trial_id trial run_id run candidate_id experiment_id experiment_number exp iteration iter \
         attempt round generation question_id node_id node step global_step epoch index idx no number experiment",
    ),
    (
        Part::Time,
        "timestamp",
        "timestamp time datetime date ts created_at created finished_at ended_at started_at start_time datetime_start",
    ),
    (
        Part::Agent,
        "specialist",
        "specialist agent agent_id agent_name worker author proposer who researcher user",
    ),
    (
        Part::Parent,
        "parent_exp",
        "parent_exp parent parent_id parent_run parent_commit based_on base_commit",
    ),
    (
        Part::Domain,
        "domain",
        "domain action category area axis family component knob",
    ),
    (
        Part::Hypothesis,
        "hypothesis",
        "hypothesis description desc summary change changes idea proposal diff patch edit title experiment \
         experiment_name run_name name config note notes comment",
    ),
    (
        Part::Notes,
        "notes",
        "notes note comment comments remarks details rollback_reason evidence error reason",
    ),
    (
        Part::TrainSeconds,
        "train_s",
        "train_s train_seconds training_seconds train_time_s",
    ),
    (
        Part::TotalSeconds,
        "total_s",
        "total_s total_seconds duration_s duration duration_seconds elapsed_s runtime_s wall_s",
    ),
    (
        Part::Other("expected_delta"),
        "expected_delta",
        "expected_delta",
    ),
    (Part::Other("baseline_exp"), "baseline_exp", "baseline_exp"),
    (Part::Other("job_name"), "job_name", "job_name job job_id"),
    (
        Part::Other("snapshot_path"),
        "snapshot_path",
        "snapshot_path",
    ),
];

/// The words of `--map`, besides the names of lineage's own columns.
pub const MAP_WORDS: &[(&str, Part)] = &[
    ("id", Part::Id),
    ("time", Part::Time),
    ("agent", Part::Agent),
    ("parent", Part::Parent),
    ("domain", Part::Domain),
    ("hypothesis", Part::Hypothesis),
    ("verdict", Part::Verdict),
    ("status", Part::Verdict),
    ("score", Part::Score),
    ("notes", Part::Notes),
];

/// How the cells of a verdict column speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speech {
    /// In words.
    Words,
    /// Yes is a keep, no a discard.
    Kept,
    /// Yes says no more than that it ran, no that it missed a gate.
    Gate,
    /// Yes says that it was taken back, no nothing more than that it ran.
    Undone,
    /// Yes says that it broke, no nothing more than that it ran.
    Broke,
    /// No says that it was taken back, yes nothing more than that it ran.
    Stays,
}

/// Columns that may hold the verdict; the first that fits does. A decision outranks a status, which says whether it ran.
pub const VERDICTS: &[(&str, Speech)] = &[
    ("decision", Speech::Words),
    ("verdict", Speech::Words),
    ("accepted", Speech::Kept),
    ("kept", Speech::Kept),
    ("keep", Speech::Kept),
    ("promoted", Speech::Kept),
    ("accept", Speech::Kept),
    ("is_kept", Speech::Kept),
    ("was_kept", Speech::Kept),
    ("keep_discard", Speech::Words),
    ("keep_or_discard", Speech::Words),
    ("status", Speech::Words),
    ("outcome", Speech::Words),
    ("result", Speech::Words),
    ("state", Speech::Words),
    ("selected", Speech::Kept),
    ("improved", Speech::Kept),
    ("is_best", Speech::Kept),
    ("correctness", Speech::Gate),
    ("correct", Speech::Gate),
    ("passed", Speech::Gate),
    ("valid", Speech::Gate),
    ("success", Speech::Gate),
    ("ok", Speech::Gate),
];

/// Columns that may take back what the verdict says, or are the verdict where there is no other.
pub const VETOES: &[(&str, Speech)] = &[
    ("reverted", Speech::Undone),
    ("rolled_back", Speech::Undone),
    ("committed", Speech::Stays),
    ("crashed", Speech::Broke),
    ("failed", Speech::Broke),
    ("is_buggy", Speech::Broke),
    ("error", Speech::Words), // where it is one that the tables know
];

/// What a word says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    Is(Status),
    /// That it ran, and not what became of it: a keep only where no row of the log is called one.
    Ran,
}

/// The words of verdicts. What is not here stays as it is written, and is never best.
pub const WORDS: &[(Means, &str)] = &[
    (Is(Status::Baseline), "baseline base seed initial"),
    (
        Is(Status::Keep),
        "keep kept new_best newbest best promote promoted accept accepted accepted_1 improved improvement \
         improve better retain retained win winner adopt adopted merge merged advance",
    ),
    (
        Is(Status::Discard),
        "discard discarded revert reverted reject rejected accepted_0 drop dropped rollback rolled_back \
         no_improvement not_improved did_not_improve failed_to_improve no_gain worse not_better regressed regression \
         neutral no_op noop no_change unchanged abandon abandoned undo undone not_kept lose pruned",
    ),
    (
        Is(Status::Crash),
        "crash crashed error errored oom out_of_memory cuda_oom exception fail failed failure nan diverged \
         metric_error runtime_error broken killed segfault",
    ),
    (
        Is(Status::TrainBudgetOverrun),
        "train_budget_overrun timeout timed_out time_out train_timeout over_budget budget_exceeded",
    ),
    (
        Is(Status::EvalBudgetOverrun),
        "eval_budget_overrun eval_timeout eval_timed_out",
    ),
    (
        Is(Status::SizeBlocked),
        "size_blocked too_large too_big oversize oversized size_limit",
    ),
    (
        Is(Status::PreflightCrash),
        "preflight_crash preflight preflight_failed import_error syntax_error compile_error build_error \
         build_failed hook_blocked lint_failed",
    ),
    (
        Is(Status::Disqualified),
        "disqualified checks_failed check_failed gate_failed guard_failed rail_block rail_blocked guardrail \
         blocked invalid incorrect wrong test_failed tests_failed",
    ),
    (
        Is(Status::HarnessAbort),
        "harness_abort abort aborted cancelled canceled interrupted infra_error skip skipped",
    ),
    (
        Ran,
        "ok success successful succeeded pass passed done complete completed finished ran",
    ),
];

/// Words of an explanation that take a keep back, as every verdict does that is no keep itself, unless a word of `DENIES` stands
/// before it. What became of such a trial is for a person to say: it stays as it is written.
pub const TAKEN_BACK: &str = "invalidated superseded removed reversed reverts withdrawn retracted revoked leak leaked leaks cheat cheated crashes";
pub const DENIES: &str = "not never no without t";

/// Words behind which an explanation begins: `reverted to c1`, `crash in the loader`.
pub const EXPLAINS: &str =
    "to from back as over for by at in on due because since after before than vs with while until";

pub const YES: &str = "1 1.0 true yes y t ✓ ✔ ✅";
pub const NO: &str = "0 0.0 false no n f ✗ ✘ ❌";

/// Of these, what says yes or no even where the column is not known to ask.
pub const PLAIN_YES: &str = "1 ✓ ✔ ✅";
pub const PLAIN_NO: &str = "0 ✗ ✘ ❌";

/// Cells that say "nothing".
pub const NOTHING: &str = "- -- — – n/a na nan none null nil ? error fail failed crash pending running queued tbd inf -inf infinity \
         -infinity oom timeout skip skipped";

/// Numbers that stand for "no score" where a trial has failed.
pub const SENTINELS: &[f64] = &[
    0.0, -1.0, 99.0, 999.0, 9999.0, 99_999.0, 999_999.0, -999.0, -9999.0, 1e6, 1e9, 1e10, 1e12,
    -1e9,
];

/// Units that say how large a number is: one with it is no neighbour of a plain one.
pub const MAGNITUDES: &str = "k m g t b kb mb gb tb kib mib gib mn bn";

/// Parents that are none; so is a `0` where no trial is called that.
pub const NO_PARENT: &str = "- — -1 -1.0 root none null n/a na nan start seed";

/// Columns of commits, by which a parent may be named.
pub const COMMITS: &str = "commit hash short_hash sha name";

/// Which way a metric is better, by its name between underscores; the first that is in it decides. A pattern with `_` at an
/// end is a whole part of the name there, one with `$` the end of the name. `1-x` and `neg_x` are the other way round than `x`.
pub const BETTER: &[(Direction, &str)] = &[
    // What a name ends in says what is measured of all that stands before.
    (
        Maximize,
        "_reduction$ _savings$ _saving$ _saved$ _fixed$ win_loss_ratio _fail_to_pass_ survival_time _negloss_",
    ),
    (
        Minimize,
        "_drop$ _gap$ _ms_per_ _s_per_ _sec_per_ _seconds_per_ _time_per_ cost_per_ error_per_ errors_per_ failures_per_ \
         _time_to_ _s_to_ miss_rate drawdown bits_per davies_bouldin anomaly_score false_alarm",
    ),
    (
        Maximize,
        "_tok_s_ _per_s$ _per_sec$ _per_second$ throughput speedup _fps_ _qps_ _rps_ _tps_ _gflops_ _tflops_ _mfu_ \
         log_likelihood _elbo_",
    ),
    (
        Minimize,
        "_fail loss_ losses_ error_ errors_ _err_ bpb _bpc_ perplexity _ppl_ _nll_ _wer_ _cer_ _fid_ _mae_ _mse_ rmse _mape_ \
         _smape_ regret latency _cost_ energy cycles _ece_ brier _kl_ lpips makespan _p50_ _p90_ _p95_ _p99_",
    ),
    (
        Maximize,
        "accuracy _acc_ _auc_ auroc _f1_ _r2_ _map_ _map50_ _iou_ _dice_ _ndcg_ _mrr_ precision recall _bleu_ rouge \
         _psnr_ _ssim_ _elo_ sharpe profit _pnl_ revenue reward _return win_rate pass_rate success _passed_ \
         fitness score coverage _top1_ _top5_ _top_1_ _top_5_ _pass_1_ _pass_5_ _pass_10_ _pass_k_ \
         solve_rate _solved_ hit_rate correlation spearman pearson exact_match _em_ likelihood",
    ),
    (
        Minimize,
        "_s_ _ms_ _us_ _ns_ seconds duration runtime _time_ _bytes_ _size_ memory",
    ),
];

/// How good a candidate for the score a column is, by its name: lower is better, the first pattern decides. `=` stands before
/// a whole name.
pub const CANDIDATES: &[(u8, &str)] = &[
    (0, "=core_metric"),
    (1, "=metric =metric_value =primary_metric"),
    (2, "=score =objective =fitness"),
    (
        NEVER,
        "_delta _std_ _stderr_ _best_ _prev _baseline_ _target_ _expected_ _confidence_ _improvement \
         _segment_",
    ),
    (3, "_combined_ _overall_ _aggregate_ _composite_ _primary_"),
    (4, "=val_bpb"),
    (
        6,
        "_tok_s_ _per_s$ _per_sec$ _per_second$ _ms_per_ _s_per_ _sec_per_ _seconds_per_ _time_per_ throughput latency speedup _p50_ _p90_ _p95_ \
         _p99_",
    ),
    (7, "_train_ =value =values_0 =success =passed =correct"),
    (
        SETTING,
        "_lr_ _n_ _num_ _parse_errors_ _batch_ _mb_ _gb_ memory _vram_ params _step _epoch tokens _played_ _seed_",
    ),
    (FINE_TIME, "_ms_ _us_ _ns_"),
    (
        TIME,
        "_s_ _sec_ _secs_ seconds minutes _hours_ duration elapsed runtime _time_",
    ),
    (SIZE, "_size_ _kb_ _bytes_"),
    (5, "_val_ _valid_ _validation_ _eval_ _dev_"),
    (KNOWN, "_test_"),
];

/// From which rank on a name leaves a doubt; a name that `BETTER` knows; one that no table knows; what may be all that is
/// measured: times and sizes; what a trial was set to or has used besides; what is no score of the trial.
pub const BY_NAME: u8 = 2;
pub const KNOWN: u8 = 6;
pub const UNKNOWN: u8 = 8;
const FINE_TIME: u8 = 9;
const TIME: u8 = 10;
const SIZE: u8 = 11;
pub const SETTING: u8 = 12;
pub const NEVER: u8 = 13;

/// What a `# key: value` line, or the config line of a JSONL log, may call the metric and its direction.
pub const SAYS_METRIC: &str = "metric metric_name metricname primary_metric core_metric";
pub const SAYS_DIRECTION: &str =
    "metric_direction direction best_direction bestdirection optimize optimization_direction";
pub const DIRECTIONS: &[(Direction, &str)] = &[
    (
        Maximize,
        "higher higher_is_better bigger_is_better max maximize maximise up higher_better",
    ),
    (
        Minimize,
        "lower lower_is_better smaller_is_better min minimize minimise down lower_better",
    ),
];

/// The types of JSON lines that are runs; a line without a type is one. A config line starts a segment.
pub const RUN_TYPES: &str = "run trial result experiment iteration";
pub const CONFIG_TYPES: &str = "config header session meta";
