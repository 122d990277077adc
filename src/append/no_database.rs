//! What takes the place of `database` in a program without PostgreSQL.

use std::{path::PathBuf, time::Duration};

use anyhow::{Result, bail};

use super::LockedLog;
use crate::{
    log::Direction,
    store::{NO_POSTGRES, SharedSettings, Store, Unreachable},
};

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
