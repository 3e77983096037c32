//! The program against the real server, over TLS on loopback.

mod dns;
mod facts;
mod first_report;
mod lives;
mod places;
mod second_implementer;
mod support;
