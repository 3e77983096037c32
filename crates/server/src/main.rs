//! `roundsman-server`, the communication server.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    server::command(std::env::args_os())
}
