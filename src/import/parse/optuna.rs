//! The journal file of Optuna: a line for each operation, from which the trials are put together.

use serde::Deserialize;
use serde_json::{Value, json};

use super::json_rows::Object;
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
            let directions = [None, Some(Direction::Minimize), Some(Direction::Maximize)];
            let number = usize::deserialize(&value["directions"][0]).unwrap_or(0);
            direction = directions.get(number).copied().flatten();
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
        if operation[name].is_string() {
            trial.insert(name.to_owned(), operation[name].clone());
        }
    }
    let first = operation["values"].get(0).unwrap_or(&operation["value"]);
    if first.is_number() {
        trial.insert("value".to_owned(), first.clone());
    }
    let state = usize::deserialize(&operation["state"]).unwrap_or(0);
    if let Some(state) = STATES.get(state) {
        trial.insert("state".to_owned(), json!(state));
    }
}

/// Sets a parameter; of a choice the journal has the index.
fn set_param(trial: &mut Object, operation: &Value) {
    let name = operation["param_name"].as_str().unwrap_or_default();
    let mut value = operation["param_value_internal"].clone();
    let text = operation["distribution"].as_str().unwrap_or_default();
    let distribution: Value = serde_json::from_str(text).unwrap_or_default();
    if let Some(choices) = distribution["attributes"]["choices"].as_array() {
        let index = value.as_f64().map(|index| format!("{index:.0}"));
        let choice = index.and_then(|index| choices.get(index.parse::<usize>().ok()?));
        value = choice.cloned().unwrap_or(value);
    }
    trial.insert(format!("params_{name}"), value);
}
