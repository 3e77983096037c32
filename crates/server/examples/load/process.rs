//! The server as its own process, and what the kernel says of it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use server::config::Settings;

/// Is a server that runs; it is stopped when this is dropped.
pub struct Process {
    child: Child,
    pub address: SocketAddr,
    pub authority: PathBuf,
}

impl Process {
    /// Starts `roundsman-server` on a folder; it stands beside this program's folder.
    pub fn start(folder: &Path) -> Self {
        let own = std::env::current_exe().expect("this program has a path");
        let program = own.parent().and_then(Path::parent).expect("examples lie below the programs").join("roundsman-server");
        let configuration = folder.join("server.toml");
        // One address stands for many customers here.
        let text = "[tls]\nname = \"localhost:8443\"\n\n[limits]\nconnections_per_address = 2000\nreports_under_way = 1024\n\n[log]\nlevel = \"warn\"\n";
        fs::write(&configuration, text).expect("the folder is ours");
        let mut command = Command::new(&program);
        command.arg("--config").arg(&configuration).arg("--data").arg(folder).args(["serve", "--listen", "127.0.0.1:0", "--announce"]);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}; build it first with `cargo build --release -p server`", program.display()));
        let output = child.stdout.take().expect("its output is ours");
        let line = BufReader::new(output).lines().map_while(Result::ok).find(|line| line.starts_with("ready"));
        let address = line.and_then(|line| line.split_once("https://")?.1.trim().parse().ok()).expect("the server says where it answers");
        let settings = Settings { data: folder.to_owned(), ..Settings::default() };
        Process { child, address, authority: settings.authority_folder().join("ca.pem") }
    }

    /// Returns the processor time used until now, in seconds, of all threads together.
    pub fn cpu(&self) -> f64 {
        cpu_of(&self.child.id().to_string())
    }

    /// Returns memory that is resident, and the most that ever was, in MiB.
    pub fn memory(&self) -> (f64, f64) {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let mib = |field: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(field));
            line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
        };
        (mib("VmRSS:"), mib("VmHWM:"))
    }

    /// Stops the server in good order, so that its store is tidy.
    pub fn stop(mut self) {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status();
        if asked.is_ok_and(|status| status.success()) {
            drop(self.child.wait());
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // If it has ended already there is nothing to end.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Returns what this process has used, in seconds.
pub fn own_cpu() -> f64 {
    cpu_of("self")
}

fn cpu_of(process: &str) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let ticks = stat.rsplit(") ").next().unwrap_or_default().split(' ').skip(11).take(2);
    // The kernel counts a hundred ticks a second on every system that Rust runs on.
    ticks.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}
