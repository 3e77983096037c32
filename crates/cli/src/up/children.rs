//! A part of `up` as a process: this very program with other arguments.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// Tells a part to end when the program that started it has gone, however that went.
///
/// The part's standard input is a pipe that this program holds open; it closes with the program.
pub const FOLLOWS_PARENT: &str = "ROUNDSMAN_FOLLOWS_PARENT";

/// A part that has not ended by then is ended.
const PATIENCE: Duration = Duration::from_secs(20);

/// Is how much of a log is shown when a part fails.
const LAST_WORDS: u64 = 2048;

/// A log that has grown beyond this is begun anew.
const LONGEST_LOG: u64 = 16 * 1024 * 1024;

/// Is a part that runs.
pub struct Child {
    name: &'static str,
    arguments: Vec<String>,
    log: PathBuf,
    process: std::process::Child,
    is_ready: Arc<AtomicBool>,
}

impl Child {
    /// Starts a part; what it says on standard error goes into the log.
    ///
    /// # Errors
    /// Fails if the log cannot be written or the program not be started.
    pub fn start(name: &'static str, arguments: &[String], log: &Path) -> Result<Self> {
        let is_ready = Arc::new(AtomicBool::new(false));
        let process = spawn(name, arguments, log, &is_ready)?;
        Ok(Child { name, arguments: arguments.to_vec(), log: log.to_owned(), process, is_ready })
    }

    /// Starts a part that has ended once more.
    ///
    /// # Errors
    /// As [`Child::start`].
    pub fn restart(&mut self) -> Result<()> {
        self.process = spawn(self.name, &self.arguments, &self.log, &self.is_ready)?;
        Ok(())
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Returns whether the part has said that it is ready.
    pub fn is_ready(&self) -> bool {
        self.is_ready.load(Ordering::Relaxed)
    }

    /// Returns how the part has ended, if it has.
    ///
    /// # Errors
    /// Fails as the operating system says.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.process.try_wait().with_context(|| format!("cannot ask after the {}", self.name))
    }

    /// Asks the part to end, waits, and ends it if it does not.
    pub fn stop(&mut self) {
        ask_to_end(&mut self.process);
        let since = Instant::now();
        while since.elapsed() < PATIENCE {
            match self.process.try_wait() {
                Ok(None) => std::thread::sleep(Duration::from_millis(20)),
                Ok(Some(_)) | Err(_) => return,
            }
        }
        eprintln!("the {} does not end and is ended", self.name);
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Returns the end of the part's log.
    pub fn last_words(&self) -> String {
        let read = || -> std::io::Result<String> {
            let mut file = File::open(&self.log)?;
            let length = file.metadata()?.len();
            file.seek(SeekFrom::Start(length.saturating_sub(LAST_WORDS)))?;
            let mut octets = Vec::new();
            file.read_to_end(&mut octets)?;
            Ok(String::from_utf8_lossy(&octets).into_owned())
        };
        read().unwrap_or_else(|error| format!("{}: {error}", self.log.display()))
    }
}

fn spawn(name: &str, arguments: &[String], log: &Path, is_ready: &Arc<AtomicBool>) -> Result<std::process::Child> {
    let begin_anew = log.metadata().is_ok_and(|metadata| metadata.len() > LONGEST_LOG);
    let mut options = File::options();
    options.create(true).write(true).truncate(begin_anew).append(!begin_anew);
    let file = options.open(log).with_context(|| format!("cannot write {}", log.display()))?;
    let program = std::env::current_exe().context("this program does not find itself")?;
    let mut command = Command::new(program);
    command.args(arguments).env(FOLLOWS_PARENT, "1").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(file);
    // Ctrl-C in the terminal is for this program, which ends its parts in order.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut process = command.spawn().with_context(|| format!("cannot start the {name}"))?;
    if let Some(output) = process.stdout.take() {
        let is_ready = is_ready.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if line.starts_with("ready") {
                    is_ready.store(true, Ordering::Relaxed);
                }
            }
        });
    }
    Ok(process)
}

#[cfg(unix)]
fn ask_to_end(process: &mut std::process::Child) {
    if let Some(pid) = i32::try_from(process.id()).ok().and_then(rustix::process::Pid::from_raw) {
        // One that has ended already needs no asking.
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
}

/// Closing the pipe is what a part of `up` listens for everywhere.
#[cfg(not(unix))]
fn ask_to_end(process: &mut std::process::Child) {
    drop(process.stdin.take());
}

/// In a part: asks this process to end once whoever started it has gone.
pub fn follow_parent() {
    if std::env::var_os(FOLLOWS_PARENT).is_none() {
        return;
    }
    std::thread::spawn(|| {
        // Nothing is ever written to the pipe; it only closes.
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        #[cfg(unix)]
        {
            let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TERM);
            std::thread::sleep(PATIENCE);
        }
        std::process::exit(1);
    });
}
