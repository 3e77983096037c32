//! How the agent stands at the moment, for its page and its commands.

use std::sync::{Arc, Mutex, MutexGuard};

use serde::{Deserialize, Serialize};
use survey::agenda::SynchronisationWindow;
use wire::envelope::Software;
use wire::rhythm::Schedule;

use crate::access::progress::Progress;
use crate::traps::Traps;

/// Is how the agent stands, as `GET /api/v1/status` and `status --json` tell it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Standing {
    /// Whether the service runs; what is told without it is from its store.
    pub is_running: bool,
    pub software: Software,
    /// Whom it reports to, as host and port; none before enrolment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site_name: Option<String>,
    /// The synchronisation window.
    pub synchronisation: SynchronisationWindow,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// What it does at the moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activity: Option<String>,
    /// Devices that are looked after; none before the first discovery has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub devices: Option<u64>,
    pub devices_out_of_scope: u64,
    pub readings_waiting: u64,
    pub reports_waiting: u64,
    /// What printers have sent of themselves; none where the site does not listen for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traps: Option<Traps>,
    /// By which credentials devices let the agent in; none before the first round has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credentials: Option<Progress>,
}

/// Is the part of it that only the running service knows.
#[derive(Clone, Debug, Default)]
pub struct Board {
    pub window: SynchronisationWindow,
    pub schedule: Option<Schedule>,
    pub activity: Option<String>,
    pub server: Option<String>,
    pub site_name: Option<String>,
    pub has_discovered: bool,
    pub reports_waiting: u64,
    pub traps: Option<Traps>,
    pub credentials: Option<Progress>,
}

/// Shares the board between the threads of the agent.
#[derive(Clone, Default)]
pub struct SharedBoard(Arc<Mutex<Board>>);

impl SharedBoard {
    pub fn lock(&self) -> MutexGuard<'_, Board> {
        // It holds single values, each whole at any time.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
