//! `roundsman-server`, the communication server.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use mimalloc::MiMalloc;

// A report is some hundred small pieces of memory, made on one thread and given back on another; the
// system's own allocator spent a quarter of the server's time on that.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    if let Err(error) = cryptography::self_test() {
        eprintln!("roundsman-server: {error}");
        return ExitCode::FAILURE;
    }
    server::command(std::env::args_os())
}
