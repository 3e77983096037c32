//! `roundsman-device`; see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(feature = "aws-lc")]
    if let Err(error) = cryptography::self_test() {
        eprintln!("roundsman-device: {error}");
        return ExitCode::FAILURE;
    }
    device::command(std::env::args_os())
}
