//! What the flags of `run` mean for the columns of the log: which numbers are looked for, and how the command is run.

use std::{fs::File, path::Path};

use anyhow::{Context as _, Result};

use super::Run;
use crate::log::{Role, Schema};
use crate::run::{Plan, Rules, Wanted};
use crate::store::Store;

/// Columns that the output of a command does not tell, even if it has a number of their name.
const NOT_MEASURED: [Role; 4] = [Role::Expected, Role::Delta, Role::TotalSeconds, Role::Score];

impl Run {
    /// What the command's output is searched for, and what decides the outcome.
    pub(super) fn rules(&self, schema: &Schema) -> Rules {
        let mut names = vec![schema.metric.clone()];
        for (column, name) in schema.names().iter().enumerate() {
            let is_taken = NOT_MEASURED
                .iter()
                .any(|&role| schema.column(role) == Some(column));
            let is_other = ["core_metric", "score_std"].contains(&name.as_str());
            let is_measured =
                !is_taken && !is_other && !schema.is_text(column) && !schema.is_id(column);
            if is_measured && *name != names[0] {
                names.push(name.clone());
            }
        }
        Rules {
            names,
            score_names: vec![
                schema.score_name().to_owned(),
                "metric".to_owned(),
                "core_metric".to_owned(),
            ],
            metric_file: self.metric_file.clone(),
            status: self.status.clone(),
            on_exit: self.on_exit.clone(),
            timeout_status: self.timeout_status.clone(),
            timeout: self
                .timeout
                .as_ref()
                .map_or_else(String::new, |limit| limit.text.clone()),
        }
    }

    pub(super) fn plan(&self, rules: &Rules, store: &Store) -> Result<Plan> {
        Ok(Plan {
            command: self.command.clone(),
            timeout: self.timeout.as_ref().map(|limit| limit.duration),
            kill_after: self.kill_after.duration,
            log: match &self.log {
                Some(path) => Some(create_log(path, store)?),
                None => None,
            },
            wanted: Wanted {
                score_regex: self.score_regex.clone(),
                names: rules.names.clone(),
            },
        })
    }
}

fn create_log(path: &Path, store: &Store) -> Result<File> {
    store.check_output(path)?;
    File::create(path).with_context(|| format!("cannot create {}", path.display()))
}
