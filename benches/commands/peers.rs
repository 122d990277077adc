//! Programs of others that do the same work, each installed for itself below the directory of the measurements.

mod autoresearch;
mod fieldkit;

use std::path::Path;

use anyhow::Result;

use self::{autoresearch::Autoresearch, fieldkit::Fieldkit};
use crate::{measure::Probe, truth::Truth};

pub(super) struct Peers {
    fieldkit: Option<Fieldkit>,
    autoresearch: Option<Autoresearch>,
    /// Name and version of those that are there.
    pub(super) versions: Vec<String>,
    /// Who is not there, and why.
    pub(super) missing: Vec<String>,
}

impl Peers {
    /// Installs what is not there yet.
    pub(super) fn find(dir: &Path, wanted: bool) -> Self {
        let mut peers = Self {
            fieldkit: None,
            autoresearch: None,
            versions: Vec::new(),
            missing: Vec::new(),
        };
        if !wanted {
            peers.missing.push("all peers: not asked for".to_owned());
            return peers;
        }
        peers.fieldkit = peers.note(fieldkit::NAME, Fieldkit::install(&dir.join("fieldkit")));
        peers.autoresearch = peers.note(
            autoresearch::NAME,
            Autoresearch::install(&dir.join("autoresearch")),
        );
        peers
    }

    fn note<T>(&mut self, name: &str, peer: Result<(T, String)>) -> Option<T> {
        match peer {
            Ok((peer, version)) => {
                self.versions.push(version);
                Some(peer)
            }
            Err(error) => {
                self.missing.push(format!("{name}: {error:#}"));
                None
            }
        }
    }

    /// What they are asked about a log; what they need besides it is made in `dir`.
    pub(super) fn probes(&self, dir: &Path, log: &Path, truth: &Truth) -> Result<Vec<Probe>> {
        let mut probes = Vec::new();
        if let Some(fieldkit) = &self.fieldkit {
            probes.extend(fieldkit.probes(&dir.join("fieldkit"), log, truth)?);
        }
        if let Some(autoresearch) = &self.autoresearch {
            probes.extend(autoresearch.probes(&dir.join("autoresearch"), log, truth)?);
        }
        Ok(probes)
    }
}
