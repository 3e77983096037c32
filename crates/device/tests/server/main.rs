//! The program against the real server, over TLS on loopback.

mod first_report;
mod support;
