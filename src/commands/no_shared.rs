//! What takes the place of `init_shared` in a program without PostgreSQL.

use std::path::Path;

use anyhow::{Result, bail};

use super::{Context, init::args::Init};
use crate::store::NO_POSTGRES;

pub(super) fn run(_: &Init, _: &Path, _: &str, _: &str, _: &Context) -> Result<()> {
    bail!(NO_POSTGRES)
}
