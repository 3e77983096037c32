//! The server's memory: traits by question, SQLite, PostgreSQL, and a fake in memory with the same manners.
//!
//! [`Registry`] knows who there is, [`People`] who may look, [`Intake`] takes reports,
//! [`Fleet`] tells of devices, [`Expectations`] of what should have come, [`Commands`] of what
//! senders were asked, and [`Upkeep`] keeps order; a [`Store`] is all of them. The store decides
//! nothing: which report is taken and which device is which, `policy` says. It reads no clock:
//! times are parameters.
//!
//! A tenant's id stands first in every key and every query, so that no tenant meets another's
//! rows, and so that the same statements run on a database that is spread by tenant.
//!
//! Start reading at [`intake`], then `take.rs`, the steps of taking a report.
#![forbid(unsafe_code)]

pub mod commands;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod error;
pub mod expectations;
pub mod fleet;
pub mod ids;
pub mod intake;
mod join;
pub mod memory;
mod pack;
pub mod people;
mod place;
pub mod postgres;
pub mod registry;
mod rows;
mod said;
mod sheet;
mod span;
pub mod sqlite;
mod sweep;
mod take;
pub mod transfer;
pub mod upkeep;

pub use commands::{Commands, Issued};
pub use error::{Result, StoreError};
pub use expectations::{Expectations, LedgerLine};
pub use fleet::{Counts, Device, DevicePage, DeviceView, Fleet, HistoryDay};
pub use ids::{DeviceId, NotAnId, SenderId, SiteId, TenantId, TokenId, UserId};
pub use intake::{Coding, InboxEntry, Incoming, Intake, Receipt, Refused};
pub use people::{ApiToken, People, Role, Scope, User, WebSession};
pub use place::{Place, PlaceError};
pub use registry::{Admission, Applicant, Caller, Code, Enrolment, Registry, SecretHash, Sender, Site, Tenant, TenantToken, Told};
pub use upkeep::{Erased, Pruned, Retention, Size, Upkeep};

/// Is everything that the server remembers; used as `Arc<dyn Store>`.
pub trait Store: Registry + People + Intake + Fleet + Expectations + Commands + Upkeep {}

impl<T: Registry + People + Intake + Fleet + Expectations + Commands + Upkeep> Store for T {}
