//! The domain as plain values: what a printer said, when, and through which object.
//!
//! `model` holds the device record and every enumeration of the Printer MIB and the Host
//! Resources MIB. It deliberately reads nothing, decides nothing and knows no vendor: it has no
//! socket, no clock and no file, so that the smallest printer can carry it (`no_std` + `alloc`).
//!
//! Start reading at [`record::DeviceRecord`].
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod filler;
pub mod level;
pub mod meter;
pub mod origin;
pub mod record;
pub mod standard;

pub use level::Level;
pub use origin::Origin;
pub use record::DeviceRecord;
