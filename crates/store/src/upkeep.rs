//! Keeping the store in order: retention, deletion, backup.

use std::borrow::Cow;
use std::path::Path;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::error::Result;
use crate::ids::{DeviceId, TenantId};
use crate::intake::Coding;

/// Says what is old enough to go. `None` keeps all of a kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Reports received before.
    pub inbox_before: Option<Timestamp>,
    /// History of days that ended before.
    pub history_before: Option<Timestamp>,
    /// Closed expectations that were due before.
    pub expectations_before: Option<Timestamp>,
    /// Commands that expired before.
    pub commands_before: Option<Timestamp>,
    /// Codes, tokens and sessions that ended before.
    pub credentials_before: Option<Timestamp>,
}

/// Is how many rows went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    pub inbox: u64,
    pub history: u64,
    pub expectations: u64,
    pub commands: u64,
    pub credentials: u64,
}

/// Is the proof of a deletion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    pub rows_removed: u64,
    /// Counted afterwards in every table that could hold one; 0 proves that nothing is left.
    pub rows_left: u64,
    /// Reports in the inbox that told of the device among others. They went as a whole, because
    /// a payload is kept as it came or not at all.
    pub reports_removed: u64,
}

/// Is how much room the store takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Of the database with its write-ahead log.
    pub octets: u64,
    /// Of it, free for reuse.
    pub free_octets: u64,
}

/// Returns whether a payload tells of a device of this number. One that cannot be read is taken to.
pub(crate) fn tells_of(payload: &[u8], coding: Coding, number: u32) -> bool {
    let plain = match coding {
        Coding::Plain => Cow::Borrowed(payload),
        Coding::Zstd => match crate::pack::unpack_frame(payload) {
            Some(plain) => Cow::Owned(plain),
            None => return true,
        },
    };
    wire::json::decode(&plain).map_or(true, |report| report.readings.iter().any(|reading| reading.device == number))
}

/// Keeps the store in order.
#[async_trait]
pub trait Upkeep: Send + Sync {
    /// Removes what is older than is to be kept, of all tenants, in small steps between which
    /// reports are taken.
    async fn prune(&self, retention: Retention) -> Result<Pruned>;

    /// Removes a device with its views, history and the reports that told of it.
    ///
    /// Its senders may tell of it again; they are not asked to forget it.
    async fn erase_device(&self, tenant: TenantId, device: DeviceId) -> Result<Erased>;

    /// Removes a tenant with all that is its own.
    async fn erase_tenant(&self, tenant: TenantId) -> Result<Erased>;

    /// Writes a copy of the store as it is at one moment, while reports are taken.
    ///
    /// The file appears under its name only when it is complete and has passed the check of
    /// [`crate::check`]. A file that is there already is not overwritten.
    async fn backup(&self, to: &Path) -> Result<()>;

    /// Returns how much room the store takes.
    async fn size(&self) -> Result<Size>;

    /// Returns whether the store can be written now.
    ///
    /// # Errors
    /// Fails with what is wrong, and what to do.
    async fn healthy(&self) -> Result<()>;
}
