//! Configuration files as values: text in, a checked structure or every fault out.
//!
//! A program describes its file as plain structures with `serde`; this crate reads TOML into them
//! and says, with file and line, everything that is wrong at once: unknown keys with the nearest
//! known one, values of the wrong type, times and sizes that cannot be. It brings the value types
//! that files of ours share, and prints the effective configuration with secrets hidden.
//!
//! It reads no file, no environment and no clock, and it knows no key of any program: a secret that
//! stands in a file is described here and fetched by the program.
//!
//! Known keys are learned from the structures themselves, so `deny_unknown_fields` is not needed;
//! `#[serde(flatten)]`, untagged and internally tagged enumerations hide their keys from that check
//! and have no place in a settings structure.
//!
//! Start at [`parse`], then [`effective`].

mod decode;
mod effective;
mod fault;
mod listen;
mod octets;
mod parse;
mod secret;
mod span;
mod suggest;
mod text;
mod time_of_day;
mod trust;

pub use effective::{Note, effective, without_note};
pub use fault::{Fault, Faults};
pub use listen::ListenAddress;
pub use octets::Octets;
pub use parse::{Parsed, parse};
pub use secret::{Secret, SecretSource};
pub use span::Span;
pub use text::ValueError;
pub use time_of_day::TimeOfDay;
pub use trust::Trusted;
