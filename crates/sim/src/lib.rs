//! Printers that print, empty, sleep, break and lie, and a network that loses what they say.
//!
//! Everything here is a value that is told the time: [`SimPrinter`] lives a printer's life,
//! [`Recording`] repeats what a real one once said, [`Fleet`] is many of either by address, and
//! [`SimNet`] joins a fleet to an engine over a simulated network, so that weeks pass in seconds
//! and one seed always gives one run. [`IppPrinter`], [`PjlPrinter`] and [`LpdQueue`] answer at print
//! ports. With [`Engines`] each device is an engine of SNMP v3 of its own.
//!
//! It deliberately owns no socket, clock or file: a program that serves a fleet on real sockets
//! hands in datagrams and times. Makers and models are invented; what a real maker does stands
//! in recordings.
//!
//! Start reading at [`SimPrinter`], then [`Fleet`] and [`SimNet`].
#![forbid(unsafe_code)]

pub mod chance;
pub mod device;
pub mod engine;
pub mod fleet;
pub mod ipp;
pub mod lpd;
pub mod net;
pub mod pjl;
pub mod printer;
pub mod recording;
pub mod redact;
pub mod time;
pub mod vice;

pub use chance::Chance;
pub use device::{Conduct, Reply, ReplyFrom, SimDevice};
pub use engine::Engines;
pub use fleet::{Fleet, FleetOptions};
pub use ipp::IppPrinter;
pub use lpd::{LpdJob, LpdQueue};
pub use net::{Engine, NetOptions, SimNet, Traffic};
pub use pjl::{PjlHabit, PjlPrinter};
pub use printer::{BinSpec, Habits, Identity, LevelBehaviour, Meter, Model, ModelSpec, SimPrinter, SupplyKind, SupplySpec, TraySpec};
pub use recording::{Recording, RecordingBuilder, RecordingError};
pub use redact::{Redaction, redact, redact_ipp};
pub use time::Tick;
pub use vice::{Every, TableFault, Vices};
