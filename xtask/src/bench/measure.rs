//! One measured run of a program: its time, its processor time and its memory.

use std::io;
use std::mem::zeroed;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::process;

/// What a program and the children it waited for have used.
#[derive(Clone, Debug)]
pub struct Usage {
    pub wall: Duration,
    /// User and system time together.
    pub cpu: Duration,
    /// Of the largest process among them.
    pub peak_kib: u64,
    pub ended: Ended,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    With(ExitStatus),
    /// It took longer than it may.
    Stopped,
}

/// How often it is looked whether the program has ended: short beside what is measured.
const LOOK: Duration = Duration::from_millis(1);

/// Runs a prepared command to its end, or for `limit`.
///
/// Linux counts what the parent had in memory when it forked into the child's peak, so figures
/// below its own private memory (less than 1 MiB) cannot be seen.
pub fn measure(command: &mut Command, limit: Duration) -> Result<Usage> {
    let line = process::line(command);
    let started = Instant::now();
    let mut child = dying_with_us(command).spawn().with_context(|| format!("`{line}` did not start"))?;
    let mut stopped = false;
    loop {
        if let Some((status, usage)) = reap(&child).with_context(|| line.clone())? {
            let ended = if stopped { Ended::Stopped } else { Ended::With(status) };
            return Ok(Usage { wall: started.elapsed(), cpu: cpu(&usage), peak_kib: usage.ru_maxrss.try_into().unwrap_or(0), ended });
        }
        if !stopped && started.elapsed() > limit {
            stopped = true;
            child.kill()?;
        }
        thread::sleep(LOOK);
    }
}

/// Makes a command end when this program does, however it does: nothing that was started goes on
/// alone, not even after a kill.
pub fn dying_with_us(command: &mut Command) -> &mut Command {
    // SAFETY: prctl is a system call and nothing else, so it may be made between fork and exec.
    unsafe {
        command.pre_exec(|| match libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        })
    }
}

/// Returns how a child ended and what it used, once it has ended; it may then not be waited for again.
fn reap(child: &Child) -> io::Result<Option<(ExitStatus, libc::rusage)>> {
    let id = libc::pid_t::try_from(child.id()).map_err(io::Error::other)?;
    let mut status = 0;
    // SAFETY: all-zero is a valid rusage.
    let mut usage: libc::rusage = unsafe { zeroed() };
    // SAFETY: both pointers are to variables that live through the call.
    match unsafe { libc::wait4(id, &raw mut status, libc::WNOHANG, &raw mut usage) } {
        0 => Ok(None),
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(Some((ExitStatus::from_raw(status), usage))),
    }
}

fn cpu(usage: &libc::rusage) -> Duration {
    duration(usage.ru_utime) + duration(usage.ru_stime)
}

fn duration(time: libc::timeval) -> Duration {
    let part = |value: i64| u64::try_from(value).unwrap_or(0);
    Duration::from_secs(part(time.tv_sec)) + Duration::from_micros(part(time.tv_usec))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn the_work_of_children_counts() {
        let usage = measure(&mut sh("sh -c 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done'; exit 3"), Duration::from_secs(60)).unwrap();
        assert!(usage.cpu > Duration::ZERO && usage.peak_kib > 0, "{usage:?}");
        assert!(matches!(usage.ended, Ended::With(status) if status.code() == Some(3)), "{usage:?}");
    }

    #[test]
    fn what_takes_too_long_is_stopped() {
        let usage = measure(&mut sh("exec sleep 60"), Duration::from_millis(20)).unwrap();
        assert_eq!(usage.ended, Ended::Stopped);
        assert!(usage.wall < Duration::from_secs(30));
    }

    #[test]
    fn what_does_not_exist_is_named() {
        let error = measure(&mut Command::new("no-such-program"), Duration::from_secs(1)).unwrap_err();
        assert!(error.to_string().contains("`no-such-program` did not start"), "{error}");
    }
}
