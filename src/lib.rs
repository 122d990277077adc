//! `lineage` as a library, so that tests, fuzzers and benchmarks can reach its modules; the program is the product.

pub mod agent;
pub mod analysis;
pub mod append;
pub mod cli;
pub mod commands;
mod files;
pub mod import;
pub mod index;
mod json_repair;
pub mod log;
pub mod open;
pub mod output;
pub mod prompt;
pub mod run;
#[cfg(feature = "postgres")]
pub mod shared;
pub mod snapshot;
pub mod store;
pub mod text;
pub mod ui;
