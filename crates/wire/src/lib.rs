//! What travels to the server, and what may leave a site at all.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod rhythm;
