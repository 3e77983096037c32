//! The module inside a printer: it enrols, reports once a day, and remembers little.
//!
//! The core decides: facts become readings ([`readings`]), readings become reports ([`report`]),
//! and what must survive a power cut becomes a [`State`] of a few kilobytes on two slots of flash.
//! It needs `alloc` and nothing else (`no_std`): clock, flash, facts and the way to the server are
//! behind the trait [`Platform`]. It deliberately knows neither TLS nor a printer's language.
//!
//! With the feature `linux` the crate is also the reference port, the program `roundsman-device`
//! ([`linux`]): facts from the printer's own SNMP agent or from a file or socket that firmware
//! fills, the server from configuration or DNS, HTTPS by `uplink`.
//!
//! Start reading at [`Module::step`], then [`platform`]; to write a port, at `linux::machine`.
#![cfg_attr(not(feature = "linux"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod answers;
pub mod facts;
pub mod intake;
mod json;
#[cfg(feature = "linux")]
pub mod linux;
pub mod module;
pub mod orders;
pub mod platform;
pub mod printer;
pub mod readings;
pub mod report;
mod session;
pub mod state;
pub mod utc;
mod wait;

#[cfg(feature = "linux")]
pub use linux::command;
pub use module::{Introduction, Mode, Module, Next, Settings, Why};
pub use platform::{Enrolled, Platform, Seen, Slot, StoreFault, Trouble, Verdict};
pub use state::{Enrolment, State};
