//! The communication server: it lets senders in, takes their reports, and tells what it knows.
//!
//! It joins the parts: [`net`] is the door, `store` remembers, `policy` decides, and here is who
//! may ask what ([`auth`]), the talk with agents and device modules ([`talk`]), the operators'
//! interface ([`api`]), and what happens by the clock ([`watch`]). It deliberately decides nothing
//! about printers, and never calls anybody: the customer's side calls, the server answers.
//!
//! Start reading at [`serve`], then [`web`].
#![forbid(unsafe_code)]

pub mod api;
pub mod app;
pub mod auth;
pub mod codes;
pub mod command;
pub mod config;
pub mod credential;
pub mod extract;
pub mod figures;
pub mod health;
pub mod identity;
pub mod log;
pub mod net;
pub mod open;
pub mod pages;
pub mod password;
pub mod problem;
pub mod serve;
pub mod standing;
pub mod talk;
pub mod trace;
pub mod watch;
pub mod web;
mod words;

pub use command::command;
pub use serve::{Options, serve_with};
