//! The rooms of `lineage`. Data walks one way:
//! `argv → cli → commands → store → trials → lineage (questions) → view (text) → stdout`.
//!
//! A library only so that tests, fuzzers and benchmarks can reach the rooms; the program is the product.

pub mod cli;
pub mod commands;
mod cores;
pub mod digest;
pub mod draft;
pub mod formats;
pub mod input;
pub mod lineage;
pub mod schema;
pub mod store;
pub mod trial;
pub mod ui;
pub mod view;
