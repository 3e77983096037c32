//! What installing does to a host: files and commands, behind a trait so that tests have none.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::Command;

/// Is what a command did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    pub succeeded: bool,
    /// What it printed, errors after output, without blanks around.
    pub said: String,
}

/// Is a host to install on.
pub trait Host {
    /// Returns whether services may be installed by who runs this.
    fn is_privileged(&self) -> bool;

    /// Returns the text of a file, or `None` if there is none.
    fn read(&self, path: &Path) -> io::Result<Option<String>>;

    /// Writes a file whole, readable by everybody, writable by its owner; makes its folder.
    fn write(&self, path: &Path, text: &str) -> io::Result<()>;

    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Runs a command to its end; there is no shell in between.
    fn run(&self, program: &str, arguments: &[&str]) -> io::Result<Ran>;
}

/// Is the host this runs on.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealHost;

impl Host for RealHost {
    #[cfg(unix)]
    fn is_privileged(&self) -> bool {
        // SAFETY: geteuid takes nothing, changes nothing and cannot fail.
        unsafe { libc::geteuid() == 0 }
    }

    #[cfg(not(unix))]
    fn is_privileged(&self) -> bool {
        // Lists sessions from other hosts, which is for administrators only; the usual way to ask.
        self.run("net.exe", &["session"]).is_ok_and(|ran| ran.succeeded)
    }

    fn read(&self, path: &Path) -> io::Result<Option<String>> {
        match fs::read(path) {
            // A file that is no text is not ours, and is not what is to be written.
            Ok(octets) => Ok(Some(String::from_utf8_lossy(&octets).into_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn write(&self, path: &Path, text: &str) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        // The manager must never see half a file.
        let unfinished = path.with_extension("unfinished");
        let mut file = fs::File::create(&unfinished)?;
        file.write_all(text.as_bytes())?;
        #[cfg(unix)]
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
        file.sync_all()?;
        fs::rename(&unfinished, path)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn run(&self, program: &str, arguments: &[&str]) -> io::Result<Ran> {
        let output = Command::new(program).args(arguments).output()?;
        let said = [output.stdout, output.stderr].concat();
        Ok(Ran { succeeded: output.status.success(), said: String::from_utf8_lossy(&said).trim().to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_written_whole_read_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made/for/it/agent.service");
        assert_eq!(RealHost.read(&path).unwrap(), None);
        RealHost.write(&path, "first").unwrap();
        RealHost.write(&path, "second").unwrap();
        assert_eq!(RealHost.read(&path).unwrap().as_deref(), Some("second"));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        RealHost.remove(&path).unwrap();
        RealHost.remove(&path).unwrap();
        assert_eq!(RealHost.read(&path).unwrap(), None);
    }

    #[cfg(unix)]
    #[test]
    fn commands_run_without_a_shell() {
        let ran = RealHost.run("echo", &["$HOME; exit 1"]).unwrap();
        assert_eq!(ran, Ran { succeeded: true, said: "$HOME; exit 1".to_owned() });
        assert!(!RealHost.run("false", &[]).unwrap().succeeded);
        assert!(RealHost.run("no-such-program-here", &[]).is_err());
    }
}
