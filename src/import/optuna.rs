//! The journal file of Optuna: a line for each operation, from which the trials are put together.

use serde_json::{Value, json};

use super::json::Object;
use crate::log::Direction;

const STATES: [&str; 5] = ["RUNNING", "COMPLETE", "PRUNED", "FAIL", "WAITING"];
const CREATE_STUDY: u64 = 0;
const CREATE_TRIAL: u64 = 4;
const SET_PARAM: u64 = 5;
const SET_STATE: u64 = 6;

/// The trials of a journal and the direction of the study; `None` if the values are something else.
pub(super) fn read_journal(
    values: impl Iterator<Item = (u64, Option<Value>)>,
) -> Option<(Vec<Object>, Option<Direction>)> {
    let mut trials: Vec<Object> = Vec::new();
    let mut direction = None;
    for (_, value) in values {
        let Some(value) = value else { continue };
        let operation = value.get("op_code")?.as_u64()?;
        if operation == CREATE_STUDY {
            direction = match value["directions"][0].as_u64() {
                Some(1) => Some(Direction::Minimize),
                Some(2) => Some(Direction::Maximize),
                _ => None,
            };
        } else if operation == CREATE_TRIAL {
            let mut trial = Object::new();
            trial.insert("number".to_owned(), json!(trials.len()));
            trials.push(trial);
            update(trials.last_mut()?, &value);
        } else if let Some(id) = value["trial_id"].as_u64() {
            let trial = trials.get_mut(usize::try_from(id).ok()?)?;
            match operation {
                SET_PARAM => set_param(trial, &value),
                SET_STATE => update(trial, &value),
                _ => {}
            }
        }
    }
    (!trials.is_empty()).then_some((trials, direction))
}

/// Sets the state, the value and the times.
fn update(trial: &mut Object, operation: &Value) {
    for name in ["datetime_start", "datetime_complete"] {
        if let Some(time) = operation.get(name).filter(|time| !time.is_null()) {
            trial.insert(name.to_owned(), time.clone());
        }
    }
    let first = operation["values"].get(0).or(operation.get("value"));
    if let Some(value) = first.filter(|value| value.is_number()) {
        trial.insert("value".to_owned(), value.clone());
    }
    let state = operation["state"].as_u64().unwrap_or(0);
    let state = usize::try_from(state)
        .ok()
        .and_then(|state| STATES.get(state));
    if let Some(state) = state {
        trial.insert("state".to_owned(), json!(state));
    }
}

/// Sets a parameter; of a choice the journal has the index.
fn set_param(trial: &mut Object, operation: &Value) {
    let name = operation["param_name"].as_str().unwrap_or_default();
    let mut value = operation["param_value_internal"].clone();
    let text = operation["distribution"].as_str().unwrap_or_default();
    if let Ok(distribution) = serde_json::from_str::<Value>(text)
        && let Some(choices) = distribution["attributes"]["choices"].as_array()
        && let Some(at) = value.as_f64()
        && let Some(choice) = choices
            .iter()
            .zip(0_u32..)
            .find(|(_, index)| (f64::from(*index) - at).abs() < 0.5)
    {
        value = choice.0.clone();
    }
    trial.insert(format!("params_{name}"), value);
}
