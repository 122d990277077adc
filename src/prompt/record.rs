//! A prompt as a record: the page, the trials that it was made from, how it was asked for.

use serde_json::{Value, json};

use crate::output::records;
use crate::{log::Role, log::Trial, prompt::PromptData};

/// The record of a prompt, under the names that the original harness gave its parts.
pub fn record(digest: &PromptData, page: &str, as_of: &str, flags: Value) -> Value {
    // What a blind prompt did not show is not in its record.
    let blind = flags["blind"] == true;
    let rows = |trials: &[Trial]| {
        trials
            .iter()
            .filter(|_| !blind)
            .map(records::row_value)
            .collect::<Vec<_>>()
    };
    let chain = [rows(&digest.chain.root), rows(&digest.chain.last)].concat();
    json!({
        "rendered_prompt": page,
        "current_best": digest.best.as_ref().map(|best| if blind { id_and_score(best) } else { records::row_value(best) }),
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

fn id_and_score(trial: &Trial) -> Value {
    let row = trial.row();
    let score = row.schema.score_name();
    json!({ "exp_id": row.name(), score: records::value(&row.text(Role::Score), false) })
}
