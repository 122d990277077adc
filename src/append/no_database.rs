//! What takes the place of `database` in a program without PostgreSQL.

use std::{convert::Infallible, path::PathBuf, time::Duration};

use anyhow::{Result, bail};
use jiff::Timestamp;

use super::{LockedLog, amend::CellChange};
use crate::{
    log::{Direction, Row},
    store::{NO_POSTGRES, SharedSettings, Store, Unreachable},
};

pub(super) struct Database(Infallible);

pub(super) fn lock_shared(
    store: &Store,
    _: &SharedSettings,
    _: Option<Direction>,
    _: Duration,
) -> Result<LockedLog> {
    let path = store.log_path().display();
    bail!("cannot append to {path}, the mirror of a shared log: {NO_POSTGRES}")
}

impl Store {
    pub fn pull(&self, _: Duration) -> Result<i64> {
        self.check_online()?;
        Err(Unreachable::new(NO_POSTGRES).into())
    }

    pub fn reset_mirror(&self) -> Result<Option<PathBuf>> {
        bail!(NO_POSTGRES)
    }
}

impl Database {
    pub(super) fn now(&self) -> Result<Timestamp> {
        match self.0 {}
    }

    pub(super) fn append(self, _: &mut LockedLog, _: &str, _: &[Option<&str>]) -> Result<()> {
        match self.0 {}
    }

    pub(super) fn amend(self, _: &mut LockedLog, _: &Row, _: &[CellChange], _: &str) -> Result<()> {
        match self.0 {}
    }
}
