//! The rows that taking a report reads and writes; every backend has them in its own way.

use jiff::Timestamp;
use jiff::civil::Date;
use policy::View;
use policy::expectation::Expectation;
use policy::history::{Day, Sample};
use policy::identity::Joined;
use wire::Extent;
use wire::commands::{Command, Outcome};
use wire::envelope::SenderKind;

use crate::error::Result;
use crate::ids::{DeviceId, SenderId, SiteId, TenantId};
use crate::intake::Incoming;
use crate::registry::Sender;
use crate::take::add_to_day;

/// Is a sender and how its ledger is kept.
#[derive(Clone, Debug)]
pub struct Watched {
    pub sender: Sender,
    pub watch: Watch,
}

/// Is how a sender's ledger is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watch {
    /// When something can change in it.
    pub next_sweep_at: Timestamp,
    /// Since when it owes reports; `None` while it is out of service, and until the first sweep after that.
    pub owing_since: Option<Timestamp>,
}

/// Is one view as it is kept.
#[derive(Clone, Debug)]
pub struct ViewRow {
    pub number: u32,
    pub device: DeviceId,
    pub view: View,
    /// How it came to the device; `None` for the first that told of it.
    pub joined: Option<Joined>,
}

/// Is one sender that tells of a device, and under which number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Teller {
    pub sender: SenderId,
    pub kind: SenderKind,
    pub number: u32,
}

/// Is who tells what: most rows below belong to one sender of one tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Of {
    pub tenant: TenantId,
    pub sender: SenderId,
}

/// Reads and writes rows within one transaction.
pub trait Rows {
    fn sender(&mut self, of: Of) -> Result<Option<Watched>>;
    /// Writes what a sender told of itself; `before` is how it stands in the store.
    fn put_told(&mut self, before: &Sender, after: &Sender, watch: Watch) -> Result<()>;

    /// Returns the id of the report that was taken under this number.
    fn inbox_id(&mut self, of: Of, sequence: u64) -> Result<Option<String>>;
    fn put_inbox(&mut self, incoming: &Incoming) -> Result<()>;

    fn view(&mut self, of: Of, number: u32) -> Result<Option<ViewRow>>;
    /// Writes a view. Where there is one under its number already, device and joining stay as they are.
    fn put_view(&mut self, of: Of, kind: SenderKind, row: &ViewRow) -> Result<()>;
    /// Says which device a view is of.
    fn place_view(&mut self, of: Of, number: u32, device: DeviceId, joined: Option<&Joined>) -> Result<()>;

    fn create_device(&mut self, tenant: TenantId, device: DeviceId, site: SiteId, now: Timestamp) -> Result<()>;
    /// Lists the devices that bear a mark, the oldest first.
    fn devices_marked(&mut self, tenant: TenantId, mark: &str) -> Result<Vec<DeviceId>>;
    fn put_mark(&mut self, tenant: TenantId, mark: &str, device: DeviceId) -> Result<()>;
    fn remove_mark(&mut self, tenant: TenantId, mark: &str, device: DeviceId) -> Result<()>;
    /// Lists who tells of a device, ordered by sender.
    fn tellers(&mut self, tenant: TenantId, device: DeviceId) -> Result<Vec<Teller>>;
    /// Removes a device that nobody tells of any more, and what points to it. It bears no mark.
    fn remove_device(&mut self, tenant: TenantId, device: DeviceId) -> Result<()>;
    /// Returns the device that may be the same as this one.
    fn twin(&mut self, tenant: TenantId, device: DeviceId) -> Result<Option<DeviceId>>;
    fn put_twin(&mut self, tenant: TenantId, device: DeviceId, twin: Option<DeviceId>) -> Result<()>;
    /// Returns whether a person said that these are two.
    fn is_apart(&mut self, tenant: TenantId, device: DeviceId, other: DeviceId) -> Result<bool>;
    /// Notes that a person said so; [`Rows::is_apart`] asks for one direction.
    fn put_apart(&mut self, tenant: TenantId, device: DeviceId, other: DeviceId, by: &str, now: Timestamp) -> Result<()>;
    /// Ends that a device is overdue since a time before it was read.
    fn clear_overdue(&mut self, tenant: TenantId, device: DeviceId, read_at: Timestamp) -> Result<()>;

    fn day(&mut self, of: Of, device: DeviceId, day: i64) -> Result<Option<Day>>;
    fn put_day(&mut self, of: Of, device: DeviceId, day: i64, samples: &Day) -> Result<()>;
    /// Writes down what a sender saw of a device on one day; of an hour the newest stays.
    fn put_samples(&mut self, of: Of, device: DeviceId, day: i64, samples: Vec<(Extent, Sample)>) -> Result<()> {
        let mut kept = self.day(of, device, day)?.unwrap_or_default();
        let mut is_changed = false;
        for (extent, sample) in samples {
            is_changed |= add_to_day(&mut kept, extent, sample);
        }
        if is_changed { self.put_day(of, device, day, &kept) } else { Ok(()) }
    }
    /// Lists the days on which a sender told of a device.
    fn days(&mut self, of: Of, device: DeviceId) -> Result<Vec<i64>>;
    fn remove_day(&mut self, of: Of, device: DeviceId, day: i64) -> Result<()>;

    /// Returns the last lines of a sender's ledger, at most so many.
    fn ledger_tail(&mut self, of: Of, limit: usize) -> Result<Vec<Expectation>>;
    /// Returns the lines of a sender's ledger from one day to another, both included.
    fn ledger_between(&mut self, of: Of, from: Date, to: Date) -> Result<Vec<Expectation>>;
    fn put_line(&mut self, of: Of, line: &Expectation) -> Result<()>;

    /// Notes an outcome, unless one is known.
    fn put_outcome(&mut self, of: Of, outcome: &Outcome) -> Result<()>;
    /// Lists the commands that have not expired and have no outcome, in the order of issue, and
    /// notes that they are handed out.
    fn hand_out(&mut self, of: Of, now: Timestamp) -> Result<Vec<Command>>;
}
