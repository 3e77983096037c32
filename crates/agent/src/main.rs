//! `roundsman-agent`; see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Err(error) = cryptography::self_test() {
        eprintln!("roundsman-agent: {error}");
        return ExitCode::FAILURE;
    }
    agent::command(std::env::args_os())
}
