//! The agent as a service of its host: installed, removed, asked about, and heard from.
//!
//! Each manager ([`Systemd`], [`Launchd`], [`WindowsServices`]) only says what is to be done; a
//! [`Plan`] can be printed before anything happens, and is carried out on a [`Host`]. So every plan is
//! tested on every system, and `--dry-run` shows exactly what the real run does.
//!
//! Nothing here removes data: uninstalling says where it stays.
//!
//! Start at [`ServiceManager`] and [`Plan::carry_out`]; [`notify`] is for the running service.

mod host;
mod launchd;
pub mod notify;
mod plan;
mod systemd;
#[cfg(test)]
mod testing;
#[cfg(windows)]
pub mod windows_dispatch;
mod windows_services;

use std::path::{Path, PathBuf};

pub use host::{Host, Ran, RealHost};
pub use launchd::Launchd;
pub use plan::{Plan, Step};
pub use systemd::Systemd;
pub use windows_services::WindowsServices;

/// Is what is to run as a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Where the program stands, absolute; users must not be able to write there.
    pub program: PathBuf,
    /// The configuration file, absolute.
    pub configuration: PathBuf,
    /// Whether it is to listen on a port below 1024: printers send traps to 162.
    pub needs_low_port: bool,
}

/// Is how a service is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    pub is_installed: bool,
    /// It starts with the host.
    pub is_enabled: bool,
    pub is_running: bool,
    /// What the manager says, in its own words.
    pub said: String,
}

/// Knows how services are kept on one kind of host.
pub trait ServiceManager {
    /// Says what must be done so that the service runs now and after every start of the host; what is
    /// so already is left out when the plan is carried out.
    fn install(&self, service: &Service, host: &dyn Host) -> Result<Plan, ServiceError>;

    /// Says what must be done so that the service is gone; data stay, and the plan says where.
    fn uninstall(&self, host: &dyn Host) -> Result<Plan, ServiceError>;

    /// Asks how the service is doing.
    fn status(&self, host: &dyn Host) -> Result<Status, ServiceError>;
}

/// Says why a service could not be installed, removed or asked about.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error("this needs administrator rights; {advice}")]
    NotPrivileged { advice: String },
    #[error("{}: expected an absolute path to a program and its configuration", .path.display())]
    NotAbsolute { path: PathBuf },
    #[error("{}: the path has characters that a service file cannot hold; choose another place", .path.display())]
    StrangePath { path: PathBuf },
    #[error("{}: a service cannot run from a home folder; copy the program to {advice} and install from there", .path.display())]
    InHome { path: PathBuf, advice: &'static str },
    #[error("{}: cannot {action} this file", .path.display())]
    File { action: &'static str, path: PathBuf, source: std::io::Error },
    #[error("cannot start `{command}`; is this the right kind of host?")]
    NotStarted { command: String, source: std::io::Error },
    #[error("`{command}` failed: {said}")]
    Failed { command: String, said: String },
}

/// Returns the manager of this kind of host.
pub fn of_this_host() -> Box<dyn ServiceManager> {
    if cfg!(windows) {
        Box::new(WindowsServices)
    } else if cfg!(target_os = "macos") {
        Box::new(Launchd)
    } else {
        Box::new(Systemd)
    }
}

/// Returns a path as text that can stand in a service file on a line of its own.
fn plain(path: &Path, is_absolute: impl Fn(&str) -> bool) -> Result<&str, ServiceError> {
    let text = path.to_str().filter(|text| !text.contains(char::is_control));
    let text = text.ok_or_else(|| ServiceError::StrangePath { path: path.to_owned() })?;
    if is_absolute(text) { Ok(text) } else { Err(ServiceError::NotAbsolute { path: path.to_owned() }) }
}

/// Returns whether a path begins at the root; asked of text, because a plan for another kind of host
/// is made in tests.
fn is_rooted(text: &str) -> bool {
    text.starts_with('/')
}
