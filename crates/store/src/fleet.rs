//! What is known of the devices: every sender's view, and history.

use async_trait::async_trait;
use jiff::Timestamp;
use policy::View;
use policy::history::Sample;
use policy::identity::Joined;
use policy::overdue::Overdue;
use wire::envelope::SenderKind;

use crate::error::Result;
use crate::ids::{DeviceId, SenderId, SiteId, TenantId};

/// Is a device and all that is said of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Device {
    pub tenant: TenantId,
    pub id: DeviceId,
    /// The site of the sender that told of it first.
    pub site: SiteId,
    pub created_at: Timestamp,
    /// Set while it is overdue.
    pub overdue: Option<Overdue>,
    /// Another device that bears the same mark, and is told of by the same kind of sender or has too
    /// little else in common: a copy, or the same printer seen twice. Who is right a person says, by [`Fleet::join`] or [`Fleet::keep_apart`].
    pub twin: Option<DeviceId>,
    /// One of each sender that tells of it, ordered by sender.
    pub views: Vec<DeviceView>,
}

/// Is what one sender says of a device.
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceView {
    pub sender: SenderId,
    pub kind: SenderKind,
    /// The sender's own number for the device.
    pub number: u32,
    pub view: View,
    /// How it came to this device; `None` for the sender that told of it first.
    pub joined: Option<Joined>,
}

/// Is a part of the devices, ordered by id.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DevicePage {
    pub items: Vec<Device>,
    /// After which device the next part begins; `None` at the end.
    pub next: Option<DeviceId>,
}

impl DevicePage {
    /// Takes the first `limit` devices; whether there are more is told by one beyond.
    pub(crate) fn of(devices: impl Iterator<Item = Device>, limit: usize) -> Self {
        let mut items: Vec<Device> = devices.take(limit.saturating_add(1)).collect();
        let is_more = items.len() > limit;
        items.truncate(limit);
        DevicePage { next: items.last().filter(|_| is_more).map(|last| last.id), items }
    }
}

/// Returns when a device was last read as this view tells. A time that cannot be counts as the
/// time at which the word arrived: a clock that runs ahead must not hide a device for years.
pub(crate) fn read_at(view: &View) -> Timestamp {
    match view.answered_at() {
        Some(at) if policy::view::is_plausible(at, view.received_at) => at,
        // It never answered.
        None => Timestamp::UNIX_EPOCH,
        Some(_) => view.received_at,
    }
}

/// Is what one sender said of a device on one day.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryDay {
    /// In days since 1970, UTC; see [`policy::history::day_of`].
    pub day: i64,
    pub sender: SenderId,
    pub kind: SenderKind,
    /// Oldest first, at most one an hour.
    pub samples: Vec<Sample>,
}

/// Is how much there is, for metrics. Of all tenants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub tenants: u64,
    pub senders: u64,
    pub devices: u64,
    pub devices_overdue: u64,
}

/// Tells of devices.
#[async_trait]
pub trait Fleet: Send + Sync {
    /// Lists the tenant's devices after this one, ordered by id.
    ///
    /// A device keeps its place however often it is reported, so a reader of page after page
    /// meets every device exactly once that was there when it began.
    async fn devices(&self, tenant: TenantId, after: Option<DeviceId>, limit: usize) -> Result<DevicePage>;

    /// Finds a device.
    async fn device(&self, tenant: TenantId, device: DeviceId) -> Result<Option<Device>>;

    /// Lists the devices that a sender tells of, ordered by its numbers.
    async fn devices_of(&self, tenant: TenantId, sender: SenderId) -> Result<Vec<Device>>;

    /// Returns a device's history from the day of `from` to the day of `to`, both included.
    ///
    /// The newest `limit` days of senders are returned, ordered by day, then by sender.
    async fn history(&self, tenant: TenantId, device: DeviceId, from: Timestamp, to: Timestamp, limit: usize) -> Result<Vec<HistoryDay>>;

    /// Lists the devices that no sender has read since then, with their views and ordered by id:
    /// those that may be overdue. `after` continues a list.
    async fn unread_since(&self, tenant: TenantId, since: Timestamp, after: Option<DeviceId>, limit: usize) -> Result<DevicePage>;

    /// Sets which devices are overdue; `None` means that one is not any more.
    ///
    /// A device that has been read after it was due is left alone: the word came too late. A
    /// reading that comes later clears the mark by itself.
    async fn set_overdue(&self, tenant: TenantId, devices: Vec<(DeviceId, Option<Overdue>)>) -> Result<()>;

    /// Lists the tenant's overdue devices, ordered by id.
    async fn overdue(&self, tenant: TenantId) -> Result<Vec<(DeviceId, Overdue)>>;

    /// Makes two devices one: all that is told of `other`, its history included, counts for `device`
    /// from now on. `by` is who says so.
    ///
    /// # Errors
    /// Fails if there is no such device, or if one sender tells of both.
    async fn join(&self, tenant: TenantId, device: DeviceId, other: DeviceId, by: &str, now: Timestamp) -> Result<()>;

    /// Undoes a joining: gives what `sender` tells of a device, its history included, a device of
    /// its own, and keeps the two apart from then on. Returns the new device.
    ///
    /// # Errors
    /// Fails if the sender does not tell of the device, or nobody else does.
    async fn part(&self, tenant: TenantId, device: DeviceId, sender: SenderId, by: &str, now: Timestamp) -> Result<DeviceId>;

    /// Says that two devices are two, whatever they bear.
    async fn keep_apart(&self, tenant: TenantId, device: DeviceId, other: DeviceId, by: &str, now: Timestamp) -> Result<()>;

    /// Lists the devices that may be the same as another one, ordered by id; at most `limit`.
    async fn twins(&self, tenant: TenantId, limit: usize) -> Result<Vec<(DeviceId, DeviceId)>>;

    /// Counts what there is.
    async fn counts(&self) -> Result<Counts>;
}
