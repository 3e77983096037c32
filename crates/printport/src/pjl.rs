//! PJL, as far as a printer is asked about itself with it: INFO and nothing else.
//!
//! PJL shares the channel of print jobs, so a conversation asks first whether the printer is at
//! work, and ends at once if it is. There is no way here to print, to set anything or to reach a
//! printer's files: [`command::Query`] is all that can be asked.
//!
//! Source: HP, *Printer Job Language Technical Reference Manual*, chapter 6 (status readback).

pub mod answer;
pub mod command;
pub mod session;
pub mod status;

pub use answer::{Entry, Status};
pub use command::Query;
pub use session::{Patience, Problem, Report, Session};
pub use status::Condition;
