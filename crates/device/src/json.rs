//! The little JSON that a module speaks: it writes reports, and reads short answers.
//!
//! By hand, because a general library would be larger than the rest of the core. The tests hold what
//! is written to what `wire` reads and writes.

pub mod read;
pub mod write;
