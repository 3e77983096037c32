//! The agent: a service on the customer's network that finds printers, reads them, and reports to its server.
//!
//! A program, so clocks, sockets and files are chosen here: [`gather`] drives the engines of `survey`
//! over `netio`, [`store`] keeps what was read, [`seal`] makes reports of it, and [`synchronise`]
//! gets them to the server through `uplink`, each word for word in the [`ledger`] first. When
//! what is done, `survey::agenda` decides. The agent deliberately opens no port but that of its own
//! page, and one for [`traps`] where the site wants that, and never writes to a printer.
//!
//! Start reading at [`run`], then [`synchronise`].

pub mod access;
pub mod args;
pub mod board;
pub mod command;
pub mod commands;
pub mod config;
pub mod enrolment;
pub mod gather;
pub mod known_printers;
pub mod ledger;
pub mod link;
pub mod memory;
pub mod page;
pub mod ports;
pub mod profiles;
pub mod run;
pub mod seal;
pub mod sealed;
pub mod secrets;
pub mod service;
pub mod shared;
pub mod site;
pub mod speaker;
pub mod store;
pub mod story;
pub mod synchronise;
#[cfg(test)]
mod testing;
pub mod traps;
pub mod whereabouts;

pub use command::command;
