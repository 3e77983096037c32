//! The agent's mind: whom to look for, what to ask, when to ask again.
//!
//! A [`Scan`] sweeps addresses for devices and reads the printers among them; a [`Reader`] reads
//! devices it is told of, the first time in three steps (hello, shape, cells) and later only what
//! can have moved. Both are state machines: datagrams and times come in, datagrams, deadlines and
//! [`Event`]s come out. An [`Agenda`] says when to look, when to read and when to report.
//! `survey` deliberately owns no socket, clock or random source, decides nothing about a vendor,
//! and never writes to a device.
//!
//! Start reading at [`scan::Scan`], then [`reading::Reading`]; for the days of an agent at
//! [`agenda`].
#![forbid(unsafe_code)]

pub mod access;
pub mod agenda;
pub mod ceiling;
pub mod credentials;
pub mod event;
mod greeting;
pub mod offline;
pub mod plan;
pub mod reader;
pub mod reading;
pub mod recorder;
pub mod scan;
pub mod sweep;
pub mod targets;

pub use access::{Access, Door, Entry, Turned};
pub use agenda::{Agenda, AgendaOptions};
pub use ceiling::{Ceiling, Rate};
pub use credentials::{Credential, Credentials};
pub use event::{Event, Found, Response, Statistics};
pub use plan::{Plan, Plans};
pub use reader::{Reader, ReaderOptions};
pub use reading::Known;
pub use scan::{Scan, ScanOptions};
pub use snmp::Tick;
