//! The talk with agents and device modules: enrolment, hello, reports.
//!
//! `wire::talk` has the words; here is who may say them and what becomes of them.

pub mod enrol;
pub mod hello;
mod intake;
pub mod reports;
