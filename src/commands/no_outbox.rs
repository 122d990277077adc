//! What takes the place of `outbox` in a program without PostgreSQL: no trial can wait.

use anyhow::{Error, Result};

use super::Context;
use super::append::{freeze::Staged, logging::LoggingArgs};
use crate::append::Draft;
use crate::store::Store;

#[expect(dead_code, reason = "the same fields as with PostgreSQL")]
pub(super) struct Unsent<'a> {
    pub(super) drafts: &'a [Draft],
    pub(super) staged: Vec<Staged>,
    pub(super) once: bool,
    pub(super) logging: &'a LoggingArgs,
}

pub(super) fn keep(error: Error, _: Unsent, _: &Store, _: &Context) -> Result<()> {
    Err(error)
}

pub(crate) fn send(_: &Context, _: bool) {}
