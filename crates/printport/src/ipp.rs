//! IPP, as far as a printer is read with it: Get-Printer-Attributes and nothing else.
//!
//! [`request`] writes the one operation, [`decode()`] reads what comes back, [`groups`] says what is
//! asked for, and [`exchange`] puts them together for one printer.
//!
//! Source: RFC 8010 (encoding), RFC 8011 (model).

pub mod decode;
pub mod exchange;
pub mod firmware;
pub mod groups;
pub mod request;
pub mod status;
mod tag;
pub mod value;

pub use decode::{Group, GroupKind, Message, NotIpp, Problem, decode};
pub use exchange::{Answers, Exchange, Outcome, Reply, Request, Target};
pub use groups::Wanted;
pub use request::Version;
pub use status::Status;
pub use value::{Attributes, DateTime, Value};
