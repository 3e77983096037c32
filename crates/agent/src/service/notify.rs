//! Words from the running service to who watches over it: ready, alive, stopping.
//!
//! Spoken to systemd where it listens (the variable `NOTIFY_SOCKET` says where), and to the service
//! manager of Windows; silent elsewhere.

use std::time::Duration;

/// Says that the service has started and does its work; `status` is shown to who asks the manager.
pub fn ready(status: &str) {
    say(Word::Ready, status);
}

/// Says in words what the service is doing.
pub fn status(status: &str) {
    say(Word::Nothing, status);
}

/// Says that the service is alive; to be said every [`watchdog_period`], by the loop that does the work.
pub fn alive() {
    say(Word::Alive, "");
}

/// Says that the service is about to end, of its own will.
pub fn stopping() {
    say(Word::Stopping, "");
}

/// Returns how often [`alive`] is to be said: twice in the time after which silence counts as death.
/// `None` if nobody waits for it.
pub fn watchdog_period() -> Option<Duration> {
    #[cfg(unix)]
    return sd_notify::watchdog_enabled().map(|limit| limit / 2);
    #[cfg(not(unix))]
    None
}

#[derive(Clone, Copy, PartialEq)]
enum Word {
    Ready,
    Nothing,
    Alive,
    Stopping,
}

#[cfg(unix)]
fn say(word: Word, status: &str) {
    use sd_notify::NotifyState;
    // A line end would begin another word.
    let status = report::safe_text(status);
    let mut states = Vec::with_capacity(2);
    match word {
        Word::Ready => states.push(NotifyState::Ready),
        Word::Alive => states.push(NotifyState::Watchdog),
        Word::Stopping => states.push(NotifyState::Stopping),
        Word::Nothing => {}
    }
    if !status.is_empty() {
        states.push(NotifyState::Status(&status));
    }
    if let Err(error) = sd_notify::notify(&states) {
        tracing::warn!("the service manager cannot be told how the service is doing: {error}");
    }
}

#[cfg(windows)]
fn say(word: Word, _: &str) {
    match word {
        Word::Ready => super::windows_dispatch::tell_running(true),
        Word::Stopping => super::windows_dispatch::tell_running(false),
        // Windows neither shows a status nor watches whether a service is alive.
        Word::Alive | Word::Nothing => {}
    }
}

#[cfg(not(any(unix, windows)))]
fn say(_: Word, _: &str) {}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::net::UnixDatagram;
    use std::process::Command;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_manager_hears_ready_alive_and_stopping() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let manager = UnixDatagram::bind(&path).unwrap();
        manager.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        // In a process of its own, because the variable belongs to the whole process.
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "service::notify::tests::speaks", "--ignored"])
            .env("NOTIFY_SOCKET", &path)
            .env("WATCHDOG_USEC", "120000000")
            .env_remove("WATCHDOG_PID")
            .output()
            .unwrap();
        assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
        let heard = || {
            let mut octets = [0; 200];
            let length = manager.recv(&mut octets).unwrap();
            String::from_utf8(octets[..length].to_vec()).unwrap()
        };
        assert_eq!(heard().trim_end(), "READY=1\nSTATUS=next report at 02:13 READY=0");
        assert_eq!(heard().trim_end(), "WATCHDOG=1");
        assert_eq!(heard().trim_end(), "STOPPING=1");
    }

    #[test]
    #[ignore = "run by the test above, with a manager that listens"]
    fn speaks() {
        assert_eq!(watchdog_period(), Some(Duration::from_secs(60)));
        ready("next report at 02:13\nREADY=0");
        alive();
        stopping();
    }

    #[test]
    fn without_a_manager_nothing_happens() {
        ready("x");
        stopping();
    }
}
