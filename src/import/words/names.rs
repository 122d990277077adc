//! What the names of columns mean: roles, and how likely each is the score.

use super::verdicts::verdict_kind;
use crate::log::{Role, direction_of_name, has_word, matches_pattern, normalize_name};

/// The names of each role's column, the best first: the first column that fits is used, and each column once. The first
/// name is lineage's own.
#[rustfmt::skip]
pub(crate) const ALIASES: [(Role, &str); 13] = [
    (Role::Id, "exp_id id trial_id trial trial_number run_id run candidate_id child_id experiment_id experiment_number \
        exp iteration iter attempt round question_id node_id node step global_step epoch index idx no num number n \
        version experiment generation gen name"),
    (Role::Time, "timestamp time datetime date ts created_at created timestamp_utc time_utc utc finished_at ended_at \
        started_at start_time datetime_start ctime"),
    (Role::Specialist, "specialist agent agent_id agent_name worker author proposer who researcher user"),
    (Role::Parent, "parent_exp parent parent_id parent_run parent_commit parent_name parent_version based_on base_commit"),
    (Role::Domain, "domain action category area axis family component knob"),
    (Role::Hypothesis, "hypothesis description desc summary change changes idea proposal diff patch edit plan title \
        experiment experiment_name run_name name config note notes comment"),
    (Role::Notes, "notes note comment comments remarks details rollback_reason evidence analysis error reason"),
    (Role::TrainSeconds, "train_s train_seconds training_seconds train_time_s train_time training_time"),
    (Role::TotalSeconds, "total_s total_seconds duration_s duration duration_sec duration_seconds elapsed_s elapsed \
        runtime_s runtime wall_s wall_time wall_time_s exec_time seconds duration_min minutes duration_ms"),
    (Role::Expected, "expected_delta"),
    (Role::Baseline, "baseline_exp"),
    (Role::Job, "job_name job job_id"),
    (Role::Snapshot, "snapshot_path"),
];

/// Columns of commits, by which a parent may be named.
pub(crate) const COMMIT_NAMES: &str = "commit hash short_hash sha name rev";

pub(crate) fn aliases(role: Role) -> &'static str {
    let row = ALIASES.iter().find(|(other, _)| *other == role);
    row.map_or("status", |(_, names)| names)
}

/// The name of lineage's own column for a role.
pub(crate) fn standard_name(role: Role) -> &'static str {
    let mut names = aliases(role).split(' ');
    names.next().unwrap_or_default()
}

/// A name as names are compared; `#` is a number.
pub(crate) fn normalize_column(name: &str) -> String {
    if name == "#" {
        return "number".to_owned();
    }
    normalize_name(name)
}

/// Whether a normalized name is that of an id or a commit.
pub(crate) fn is_key(name: &str) -> bool {
    has_word(aliases(Role::Id), name) || has_word(COMMIT_NAMES, name)
}

/// Whether a column with this normalized name is expected in a log.
pub(crate) fn is_known_name(name: &str) -> bool {
    is_key(name)
        || ALIASES.iter().any(|(_, names)| has_word(names, name))
        || verdict_kind(name).is_some()
        || rank_name(name) < NameRank::Unknown
}

/// How good a candidate for the score a name is, the best first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum NameRank {
    Metric,
    /// From here on, the name leaves a doubt.
    Score,
    Combined,
    ValBpb,
    Validation,
    /// A metric whose direction is known.
    Known,
    /// A metric of the training data, or a validation of what may be no metric: `valid_sales`.
    Vague,
    #[default]
    Unknown,
    // What may be all that is measured.
    Milliseconds,
    Seconds,
    Size,
    /// What a trial was set to or has used.
    Setting,
    /// Rarely the score of the trial itself.
    Derived,
    /// A setting that is no score, even if nothing else is a number.
    Parameter,
}

/// Patterns of normalized names; the first row with a match decides.
#[rustfmt::skip]
const RANKS: [(NameRank, &str); 20] = [
    (NameRank::Parameter, "_learning_rate$ =lr _batch_size$ =dropout _dropout_rate$ _weight_decay$ =gamma =epsilon _epsilon_start$ \
        _epsilon_end$ _epsilon_decay$ =momentum =seed =random_seed"),
    (NameRank::Metric, "=core_metric =metric =metric_value =primary_metric"),
    (NameRank::Score, "=score =objective =obj =fitness =value =values_0 =result =mean_test_score =metric_after =target_metric"),
    (NameRank::Setting, "params_ _param_ _config_ _hparams_ _hyperparameters_ _tolerance _threshold _weight$ _coef$ _max_iter _maxiter"),
    (NameRank::Validation, "_k_fold_ _kfold_"),
    (NameRank::Vague, "=target"), // of the library BayesianOptimization
    (NameRank::Derived, "_delta _std_ _stderr_ _sd_ _prev _baseline_ _target_ _gap_ _fold_ _expected_ _confidence_ _improvement_delta \
        _segment_ _split _min$ _max$ _before$ _before_ _initial_ _parent_ _rank_ _row_ _best_so_far _running_best _ci_ _var_ _old_ \
        =best =best_score =best_metric _guard _champion_ _incumbent_ _reference_ _dev$ _message$ _msg$"),
    (NameRank::Combined, "_combined_ _overall_ _aggregate_ _composite_ _primary_ _ensemble_ _objective_ =kaggle_score =leaderboard_score"),
    (NameRank::ValBpb, "=val_bpb"),
    (NameRank::Known, "_tok_s_ _toks_s_ _per_s$ _per_sec$ _per_second$ _samples_s_ _ms_per_ _s_per_ _sec_per_ _seconds_per_ \
        _time_per_ throughput latency speedup _p50_ _p90_ _p95_ _p99_"),
    (NameRank::Vague, "_train_ _in_fold_ =success =passed =correct =failed =errored"),
    (NameRank::Setting, "_lr_ _n_ _num_ _parse_errors_ _batch_ _mb_ _gb_ memory _vram_ params _step _epoch tokens \
        _played_ _seed_ _depth_ _width_ _hidden_ _layers_ _dropout_ _wd_ _weight_decay_ _alpha_ _temperature_ _heads_ _usd_"),
    (NameRank::Milliseconds, "_ms_ _us_ _ns_ _µs_"),
    (NameRank::Seconds, "_s_ _sec_ _secs_ seconds minutes _hours_ duration elapsed runtime _time_"),
    (NameRank::Size, "_size_ _kb_ _bytes_"),
    (NameRank::Vague, "_training_"),
    (NameRank::Validation, "_val_ _valid_ _validation_ _eval_ _dev_ _holdout_"),
    (NameRank::Known, "_test_ _oof_ =mean =average =cv_mean =mean_cv _lb_"),
    (NameRank::Setting, "_iterations_ _iters_ _count_of_ _max_ _min_"),
    (NameRank::Derived, "_index_ _idx_"),
];

/// What a metric that cannot be negative is called.
pub(crate) const NOT_NEGATIVE: &str = "_loss error _mse_ rmse _mae_ _mape_ drawdown latency _ppl_ perplexity bpb _wer_ _cer_ _fid_ _err_ \
     _brier_ seconds _ms_ duration";

pub(crate) fn rank_name(name: &str) -> NameRank {
    let normalized = normalize_name(name);
    let normalized = normalized.strip_suffix("_value").unwrap_or(&normalized);
    let mut rows = RANKS.iter();
    match rows.find(|(_, patterns)| matches_pattern(patterns, normalized)) {
        Some((NameRank::Validation, _)) if direction_of_name(name).is_none() => NameRank::Vague,
        Some((rank, _)) => *rank,
        None if direction_of_name(name).is_some() => NameRank::Known,
        None => NameRank::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_a_rank() {
        for (name, rank) in [
            ("metric", NameRank::Metric),
            ("Value", NameRank::Score),
            ("best_val_acc", NameRank::Validation),
            ("samples_s", NameRank::Known),
            ("val_acc__MIN", NameRank::Derived),
            ("ErrorTolerance", NameRank::Setting),
            ("split0_test_score", NameRank::Derived),
            ("zorp", NameRank::Unknown),
            ("agent.learning_rate", NameRank::Parameter),
        ] {
            assert_eq!(rank_name(name), rank, "{name}");
        }
    }
}
