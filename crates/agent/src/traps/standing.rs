//! What was heard, in counts: for the agent's page and its interface.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Is how it stands with traps and informs since the agent started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Traps {
    /// Where the agent listens; none if it cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<String>,
    /// Why it cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Notices of known devices.
    pub heard: u64,
    /// How many devices were read for them.
    pub looks: u64,
    /// What was left alone, by reason.
    pub left_alone: BTreeMap<String, u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<LastNotice>,
}

/// Is the last notice of a known device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastNotice {
    pub at: Timestamp,
    pub device: u32,
    pub address: String,
    /// In the standards' words, otherwise its object identifier.
    pub what: String,
    /// `v1`, `v2c` or `v3`.
    pub version: String,
    /// Whether its sender proved to be a user.
    pub is_proved: bool,
}
