//! A prompt as a record: the page, the trials that it was made from, how it was asked for.

use serde_json::{Value, json};

use super::sheet;
use crate::{digest::Digest, trial::Trial};

/// The record of a prompt, under the names that the original harness gave its parts.
pub fn record(digest: &Digest, page: &str, as_of: &str, flags: Value) -> Value {
    let rows = |trials: &[Trial]| trials.iter().map(sheet::row_value).collect::<Vec<_>>();
    let chain: Vec<Value> = digest.chain.root.iter().chain(&digest.chain.last).map(sheet::row_value).collect();
    json!({
        "rendered_prompt": page,
        "current_best": digest.best.as_ref().map(sheet::row_value),
        "chain_to_best": chain,
        "top_k_leaderboard": rows(&digest.board),
        "recent_n_activity": rows(&digest.recent),
        "last_m_with_full_hypothesis": rows(&digest.full),
        "specialist": digest.specialist,
        "as_of": as_of,
        "flags": flags,
        "version": env!("CARGO_PKG_VERSION"),
    })
}
