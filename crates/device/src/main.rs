//! `roundsman-device`; see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    device::command(std::env::args_os())
}
