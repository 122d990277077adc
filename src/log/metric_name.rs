//! What the name of a metric says about its direction, and how names are compared.

use super::Direction::{self, Maximize, Minimize};

/// Patterns in a name between underscores (`_val_loss_`); the first row with a match decides.
/// `$` stands for the end of the name. What a name ends in counts before what it contains.
#[rustfmt::skip]
const BETTER: [(Direction, &str); 7] = [
    (Minimize, "_rank_"),
    (Maximize, "_samples_s_ _tokens_s_ _toks_s_ _steps_s_ _it_s_ _iter_s_ _img_s_ _images_s_ _req_s_ _ops_s_ _mb_s_ _gb_s_ \
        _samples_sec_ _tokens_sec_ _tok_sec_ _steps_sec_ _it_sec_ _img_sec_ _req_sec_ _passed$ _return$ _explained$ \
        _reduction$ _savings$ _saving$ _saved$ _fixed$ win_loss_ratio _fail_to_pass_ survival_time _negloss_"),
    (Minimize, "_drop$ _gap$ _distance$ _ms_per_ _s_per_ _sec_per_ _seconds_per_ _time_per_ cost_per_ error_per_ errors_per_ \
        failures_per_ _time_to_ _s_to_ miss_rate drawdown bits_per davies_bouldin anomaly_score false_alarm"),
    (Maximize, "_tok_s_ _per_s$ _per_sec$ _per_second$ throughput speedup _fps_ _qps_ _rps_ _tps_ _gflops_ _tflops_ \
        _mfu_ log_likelihood _elbo_"),
    (Minimize, "_fail loss_ losses_ error_ errors_ _err_ bpb _bpc_ perplexity _ppl_ _nll_ _wer_ _cer_ _fid_ _mae_ \
        _mse_ rmse _mape_ _smape_ regret latency _cost_ energy cycles _ece_ brier _kl_ lpips makespan tardiness _p50_ _p90_ \
        _p95_ _p99_ _rmsle_ _msle_ _sse_ _mase_ _crps_ _eer_ _deviance$ _aic_ _bic_ _rmsd_ _mpjpe_ _ade_ \
        _fde_ _epe_ _cpi_ gate_count =gates violations"),
    (Maximize, "=result accuracy _acc_ _auc_ _mcc_ _kappa_ winrate _ap_ _roc_ _aucpr_ _prauc_ _gini_ _ic_ _hits_ \
        _quality_ _utility_ _gain_ _uplift_ auroc _f1_ _f2_ _r2_ _map_ _map50_ _iou_ _dice_ ndcg _mrr_ precision recall _bleu_ \
        rouge _psnr_ _ssim_ _elo_ sharpe profit _pnl_ revenue reward _return sortino calmar win_rate pass_rate success _passed_ \
        fitness score coverage _top1_ _top5_ _top_1_ _top_5_ _pass_1_ _pass_5_ _pass_10_ _pass_k_ solve_rate \
        _solved_ hit_rate _corr_ correlation spearman pearson _exact_ _em_ likelihood _hmean_ _h_mean_ miou jaccard _qwk_ \
        _meteor_ _chrf_ _pesq_ _stoi_ _sdr_ hypervolume _mos_ _cagr_ _roi_ _r_squared_ _nse_ _kge_ _vmaf_ _lddt_ _ipc_ _resolved_"),
    (Minimize, "_s_ _sec$ _secs$ _ms_ _us_ _ns_ seconds minutes duration runtime _time_ _bytes_ _size_ memory"),
];

const DIRECTION_WORDS: [(Direction, &str); 2] = [
    (
        Maximize,
        "higher higher_is_better bigger_is_better greater_is_better max maximize maximise up higher_better",
    ),
    (
        Minimize,
        "lower lower_is_better smaller_is_better min minimize minimise down lower_better",
    ),
];

/// A text in lower case with `_` between its words: `Val BPB` becomes `val_bpb`, `req/s` becomes `req_per_s`.
pub fn normalize(text: &str) -> String {
    let text = text.trim();
    for rate in ["/sec", "/s"] {
        if let Some(name) = text.strip_suffix(rate) {
            return normalize(&format!("{name}_per_s"));
        }
    }
    let words = text.split(|c: char| !c.is_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join("_").to_lowercase()
}

/// The same for the name of a column, which may be in camel case: `valLoss` becomes `val_loss`, but `mAP` `map`.
pub fn normalize_name(name: &str) -> String {
    let mut spaced = String::with_capacity(name.len() + 4);
    let mut lowercase_run = 0;
    for c in name.chars() {
        if c.is_uppercase() && lowercase_run > 1 {
            spaced.push('_');
        }
        lowercase_run = if c.is_lowercase() {
            lowercase_run + 1
        } else {
            0
        };
        spaced.push(c);
    }
    normalize(&spaced)
}

/// Whether a word is in a list of words separated by white space.
pub fn has_word(words: &str, word: &str) -> bool {
    words.split_whitespace().any(|one| one == word)
}

/// Whether a normalized name matches one of the patterns; `=x` is the whole name `x`.
pub fn matches_pattern(patterns: &str, name: &str) -> bool {
    let padded = format!("_{name}_");
    let is_letter = name.len() == 1; // `s` is a score as well as a second
    patterns.split_whitespace().any(|pattern| {
        if let Some(whole) = pattern.strip_prefix('=') {
            whole == name
        } else if is_letter {
            false
        } else if let Some(end) = pattern.strip_suffix('$') {
            padded.trim_end_matches('_').ends_with(end)
        } else {
            padded.contains(pattern)
        }
    })
}

/// The direction that a metric's name suggests: `val_loss`, `1 - accuracy`, `quality (higher is better)`.
pub fn direction_of_name(name: &str) -> Option<Direction> {
    if let Some(direction) = stated_direction(name) {
        return Some(direction);
    }
    if let Some(opposite) = strip_negation(name) {
        return direction_of_name(&opposite).map(Direction::opposite);
    }
    let normalized = normalize_name(name);
    let mut rows = BETTER.iter();
    match rows.find(|(_, patterns)| matches_pattern(patterns, &normalized)) {
        Some((direction, _)) => Some(*direction),
        None => is_hit_rate(name).then_some(Maximize),
    }
}

/// Whether a name is that of hits among the first so many: `R@10`, `precision@5`.
fn is_hit_rate(name: &str) -> bool {
    let (metric, count) = name.split_once('@').unwrap_or_default();
    metric.ends_with(char::is_alphabetic) && count.parse::<u32>().is_ok()
}

/// The name without what turns it around: `1-acc` and `neg_acc` become `acc`.
fn strip_negation(name: &str) -> Option<String> {
    if let Some(rest) = name.trim().strip_prefix('1')
        && let Some(opposite) = rest.trim_start().strip_prefix(['-', '−'])
    {
        return Some(opposite.to_owned());
    }
    let name = normalize_name(name);
    if let Some(opposite) = name.strip_prefix("negative_") {
        return Some(opposite.to_owned());
    }
    let name = format!("_{name}");
    name.contains("_neg_")
        .then(|| name.replacen("_neg_", "_", 1))
}

/// The direction that a header states: `quality (lower is better)`, `PPL ↓`.
pub fn stated_direction(name: &str) -> Option<Direction> {
    match (name.contains('↑'), name.contains('↓')) {
        (true, true) => None,
        (true, false) => Some(Maximize),
        (false, true) => Some(Minimize),
        (false, false) => direction_in_sentence(name),
    }
}

/// The direction of a sentence with `lower is better` or `higher is better` in it, but not both.
pub fn direction_in_sentence(text: &str) -> Option<Direction> {
    let text = normalize(text);
    let states = |words: &str| {
        words.split_whitespace().any(|word| {
            word.ends_with("_is_better")
                && text.contains(word)
                && !text.contains(&format!("{word}_than"))
        })
    };
    let [maximize, minimize] = DIRECTION_WORDS.map(|(_, words)| states(words));
    match (maximize, minimize) {
        (true, false) => Some(Maximize),
        (false, true) => Some(Minimize),
        _ => None,
    }
}

/// The direction that a setting names: `higher`, `lower (target 0)`.
pub fn parse_direction(text: &str) -> Option<Direction> {
    let mut parts = text.split(['(', ',', ';']);
    let word = normalize(parts.find(|part| !part.trim().is_empty())?);
    let row = DIRECTION_WORDS
        .iter()
        .find(|(_, words)| has_word(words, &word))?;
    Some(row.0)
}
