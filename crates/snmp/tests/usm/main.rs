//! The User-based Security Model: keys beside those that the standards print, and our two sides
//! talking to each other while messages are lost, changed, repeated and forged between them.

mod common;

mod clocks;
mod flips;
mod keys;
mod receiver;
mod talk;
