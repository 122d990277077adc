//! A prompt as a JSON object.

use serde_json::{Value, json};

use super::PromptData;
use crate::log::{Role, Trial};
use crate::output::json::{row_value, value};
use crate::store::PromptSettings;

/// A prompt as a JSON object: its text, the trials that it shows, and the flags that shaped it. A blind prompt's record has
/// no more trials than the prompt shows.
pub fn record(data: &PromptData, sizes: &PromptSettings, prompt: &str, flags: &Value) -> Value {
    let is_blind = flags["blind"] == true;
    let rows = |trials: &[Trial]| -> Vec<Value> {
        let shown = if is_blind { &[] } else { trials };
        shown.iter().map(row_value).collect()
    };
    let last = |count: usize| rows(&data.last[..count.min(data.last.len())]);
    let chain: Vec<_> = data
        .relatives
        .chain
        .iter()
        .map(|(trial, _)| trial.clone())
        .collect();
    let best = data.best.as_ref().map(|best| {
        let row = best.row();
        if is_blind {
            let score = value(&row.text(Role::Score), false);
            json!({ "exp_id": row.name(), row.schema.score_name(): score })
        } else {
            row_value(best)
        }
    });
    let as_of = data.newest.as_ref().map(|newest| newest.row().name());
    json!({
        "rendered_prompt": prompt,
        "current_best": best,
        "chain_to_best": rows(&chain),
        "top_k_leaderboard": rows(&data.leaderboard),
        "recent_n_activity": last(sizes.recent),
        "last_m_with_full_hypothesis": last(sizes.full),
        "specialist": data.specialist,
        "as_of": as_of.unwrap_or_else(|| "none".to_owned()),
        "flags": flags,
        "version": env!("CARGO_PKG_VERSION"),
    })
}
