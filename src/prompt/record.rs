//! A prompt as a JSON object: its text, the trials that it shows, and the flags that shaped it.

use serde_json::{Value, json};

use super::PromptData;
use crate::{
    log::{Role, Trial},
    output::records::{row_value, value},
};

/// The record of a prompt. A blind prompt's record has no more trials than the prompt shows.
pub fn record(data: &PromptData, prompt: &str, flags: &Value) -> Value {
    let blind = flags["blind"] == true;
    let rows = |trials: &[Trial]| -> Vec<Value> {
        if blind {
            return Vec::new();
        }
        trials.iter().map(row_value).collect()
    };
    let chain = &data.lineage.chain;
    let chain: Vec<_> = chain.iter().map(|link| link.trial.clone()).collect();
    let best = data.best.as_ref();
    let best = best.map(|best| {
        if blind {
            id_and_score(best)
        } else {
            row_value(best)
        }
    });
    json!({
        "rendered_prompt": prompt,
        "current_best": best,
        "chain_to_best": rows(&chain),
        "top_k_leaderboard": rows(&data.leaderboard),
        "recent_n_activity": rows(&data.recent),
        "last_m_with_full_hypothesis": rows(&data.full),
        "specialist": data.specialist,
        "as_of": data.as_of(),
        "flags": flags,
        "version": env!("CARGO_PKG_VERSION"),
    })
}

fn id_and_score(best: &Trial) -> Value {
    let row = best.row();
    let score = row.schema.score_name();
    json!({ "exp_id": row.name(), score: value(&row.text(Role::Score), false) })
}
