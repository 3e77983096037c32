//! What travels to the server, and what may leave a site at all.
//!
//! One [`Report`] serves agent and device module alike: who speaks, in which order, and what was
//! read, whole or as changes against the last report that the server has acknowledged. A device
//! record becomes a flat map of [`facts`]; [`privacy`] lists the facts that may leave; [`json`] is
//! the form on the wire. `wire` deliberately opens no connection and compresses nothing: that is
//! `uplink`'s. It needs no operating system (`no_std` + `alloc`), so that a printer can carry it.
//!
//! Start reading at [`envelope::Report`], then [`facts`]. `docs/protocol/` tells the same to
//! someone who writes a sender in another language.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod code;
pub mod commands;
pub mod dictionary;
pub mod envelope;
pub mod facts;
pub mod identity;
pub mod json;
pub mod privacy;
pub mod reading;
pub mod rhythm;
pub mod talk;
pub mod vocabulary;

pub use envelope::{Report, SCHEMA};
pub use facts::{Facts, Key, Value};
pub use reading::{Change, Extent, Reading};
pub use vocabulary::Vocabulary;
