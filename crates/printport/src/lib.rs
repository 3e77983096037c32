//! What a printer says at its print ports: IPP, PJL and LPD as engines, and the packed texts in
//! which they and IEEE 1284 answer.
//!
//! Everything here reads. It deliberately has no way to print, to change a setting or to touch a
//! printer's files, owns no socket and no clock, asks for no job and keeps no name of a job or of
//! a person. What an attribute means for a device record is decided elsewhere: here, octets become
//! values and nothing more.
//!
//! Start reading at [`ipp::exchange`]; [`pjl`] and [`lpd`] are conversations in the sense of
//! [`talk::Talk`].
#![forbid(unsafe_code)]

pub mod device_id;
pub mod ipp;
pub mod lpd;
pub mod packed;
pub mod pjl;
pub mod talk;
mod text;

pub use device_id::DeviceId;
pub use packed::Packed;
pub use talk::{Talk, Tick};
