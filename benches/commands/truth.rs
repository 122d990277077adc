//! What must be answered about a log, found in a second way: by a plain CSV reader, without a line of the program's own.

use std::{collections::HashMap, path::Path};

use anyhow::{Context, Result};

use crate::digits::number;

/// The newest trials that `tail`, and its like in the peers, are asked for.
const NEWEST: u64 = 10;

#[derive(Clone)]
pub(super) struct Truth {
    pub(super) rows: u64,
    pub(super) best: String,
    /// From the root to the best.
    pub(super) chain: Vec<String>,
    keeps: u64,
}

impl Truth {
    pub(super) fn of(log: &Path) -> Result<Self> {
        let mut reader = csv::ReaderBuilder::new().delimiter(b'\t').from_path(log)?;
        let header = reader.headers()?.clone();
        let column = |name: &str| {
            header
                .iter()
                .position(|cell| cell == name)
                .with_context(|| format!("no {name}"))
        };
        let (id, parent) = (column("exp_id")?, column("parent_exp")?);
        let (status, score) = (column("status")?, column("core_metric")?);
        let (mut rows, mut keeps, mut best, mut least) = (0, 0, String::new(), f64::INFINITY);
        let mut parents = HashMap::new(); // of what was kept: nothing else becomes a parent here
        let mut row = csv::StringRecord::new();
        while reader.read_record(&mut row)? {
            rows += 1;
            keeps += u64::from(&row[status] == "keep");
            if matches!(&row[status], "keep" | "baseline") {
                parents.insert(row[id].to_owned(), row[parent].to_owned());
                let score: f64 = row[score].parse()?;
                if score < least {
                    (best, least) = (row[id].to_owned(), score);
                }
            }
        }
        let mut chain = vec![best.clone()];
        while let Some(parent) = chain
            .last()
            .and_then(|id| parents.get(id))
            .filter(|parent| !parent.is_empty())
        {
            chain.push(parent.clone());
        }
        chain.reverse();
        Ok(Self {
            rows,
            best,
            chain,
            keeps,
        })
    }

    /// In words, with the size of the file.
    pub(super) fn describe(&self, bytes: u64) -> String {
        let Self {
            rows, chain, keeps, ..
        } = self;
        let row = bytes / rows;
        format!(
            "{} trials of {row} bytes, {} kept, a chain of {}",
            number(*rows),
            number(*keeps),
            number(chain.len() as u64)
        )
    }

    /// The ids of the newest trials of a log of that many, oldest first; of the log itself, that is `self.rows`.
    pub(super) fn newest(rows: u64) -> Vec<String> {
        (rows - NEWEST..rows).map(|id| format!("{id:03}")).collect()
    }
}

/// Whether the lines of an answer are the ids that they must be.
pub(super) fn same_ids(answer: &str, right: &[String]) -> Result<(), String> {
    let ids: Vec<&str> = answer.lines().collect();
    if ids == right {
        return Ok(());
    }
    let different = ids.iter().zip(right).find(|(id, right)| *id != *right);
    Err(match different {
        Some((id, right)) => format!("says {id} where {right} is right"),
        None => format!("says {} trials where {} are right", ids.len(), right.len()),
    })
}
