//! Logs of other tools: found out by their content, and translated into rows of lineage's own shape. Pure: bytes in, rows out.
//! The rules and their order are in `docs/formats.md`, what names and words mean is in `roles`.

mod cells;
mod detect;
mod direction;
mod doubts;
mod json;
mod jsonl;
mod numbers;
mod plan;
pub mod roles;
mod separated;
mod surplus;
mod table;
mod translate;
mod verdict;
pub mod words;
mod writer;

use std::str::FromStr;

pub use detect::read;
pub use table::{Raw, Said, Table, Unread};
pub use translate::{Translated, Translation, translate};

use crate::log::Direction;
use roles::Part;

/// How the caller wants a log read; what is absent is found out.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub metric: Option<String>,
    pub direction: Option<Direction>,
    pub map: Map,
}

/// Which column is what, where that is said: `score=loss,verdict=outcome`. An empty column stands for none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Map(Vec<(Part, String)>, String);

impl Map {
    /// The column named for a part; an empty name says that there is none.
    pub fn get(&self, part: Part) -> Option<&str> {
        self.0
            .iter()
            .rev()
            .find(|(named, _)| *named == part)
            .map(|(_, column)| column.as_str())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As it was given.
    pub fn text(&self) -> &str {
        &self.1
    }
}

impl FromStr for Map {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut pairs = Vec::new();
        for pair in text.split(',').filter(|pair| !pair.trim().is_empty()) {
            let (role, column) = pair
                .split_once('=')
                .ok_or(format!("`{pair}`: write ROLE=COLUMN"))?;
            let role = words::normal(role);
            let named = roles::MAP_WORDS
                .iter()
                .find(|(word, _)| *word == role)
                .map(|(_, part)| *part);
            let own = || {
                roles::NAMES
                    .iter()
                    .find(|(_, own, _)| *own == role)
                    .map(|(part, ..)| *part)
            };
            let part = named.or_else(own).ok_or_else(|| {
                let words: Vec<_> = roles::MAP_WORDS.iter().map(|(word, _)| *word).collect();
                format!("`{role}` is no role; there are: {}", words.join(" "))
            })?;
            pairs.push((part, column.trim().to_owned()));
        }
        Ok(Self(pairs, text.to_owned()))
    }
}
