//! Trials in progress, as other hosts see them.

use std::{
    sync::{Mutex, PoisonError},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use uuid::Uuid;

use super::Session;
use crate::store::SharedSettings;

/// No trial waits longer for the database.
const LIMIT: Duration = Duration::from_secs(2);

/// A trial in progress that the database knows of. Dropping it says that the trial has ended.
pub struct Announced {
    settings: SharedSettings,
    uuid: Uuid,
    trial: String,
    /// The last message, which may still be under way.
    message: Mutex<Option<JoinHandle<()>>>,
}

impl Announced {
    /// Tells the database of a trial. If that fails, other hosts just do not see it.
    pub fn new(settings: &SharedSettings, trial: String) -> Self {
        let announced = Self {
            settings: settings.clone(),
            uuid: Uuid::new_v4(),
            trial,
            message: Mutex::default(),
        };
        announced.beat();
        announced
    }

    /// Says that the trial goes on, without waiting for an answer.
    pub fn beat(&self) {
        let (settings, uuid, trial) = (self.settings.clone(), self.uuid, self.trial.clone());
        let message = std::thread::spawn(move || {
            if let Ok(session) = Session::connect(&settings.url, None, Instant::now() + LIMIT) {
                let _ = session.announce(&settings.run, uuid, &trial);
            }
        });
        *self.message.lock().unwrap_or_else(PoisonError::into_inner) = Some(message);
    }
}

impl Drop for Announced {
    fn drop(&mut self) {
        let message = self.message.get_mut();
        if let Some(message) = message.unwrap_or_else(PoisonError::into_inner).take() {
            let _ = message.join(); // else it could arrive after the end
        }
        if let Ok(session) = Session::connect(&self.settings.url, None, Instant::now() + LIMIT) {
            let _ = session.withdraw(self.uuid);
        }
    }
}
