//! The program itself as a child process, which ends with the test.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_roundsman-agent"));
    command.stdin(Stdio::null()).env_remove("NOTIFY_SOCKET").env_remove("STATE_DIRECTORY");
    command
}

/// Is an agent that runs; it ends with the test.
pub struct Running(Child);

impl Running {
    pub fn start(folder: &Path) -> Self {
        let mut child =
            program().args(["run", "--announce", "--folder"]).arg(folder).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("ready http://127.0.0.1:"), "{line}");
        Running(child)
    }

    /// Sends the signal to end, and returns whether the agent ended well.
    pub fn end(mut self) -> bool {
        let id = self.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.0.wait().unwrap().success()
    }

    /// Returns a figure of the process in KiB.
    pub fn memory(&self, name: &str) -> u64 {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim_start_matches(':').trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub fn ask(folder: &Path, words: &[&str]) -> Output {
    program().args(words).arg("--folder").arg(folder).output().unwrap()
}

pub fn status(folder: &Path) -> agent::board::Standing {
    let output = ask(folder, &["status", "--json"]);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// Asks again and again until it is so.
pub fn wait_until(folder: &Path, within: Duration, is_so: impl Fn(&agent::board::Standing) -> bool) -> agent::board::Standing {
    let until = Instant::now() + within;
    loop {
        let standing = status(folder);
        if is_so(&standing) {
            return standing;
        }
        assert!(Instant::now() < until, "{standing:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}
