//! The agent as a service: what it needs with a whole fleet, and what it needs while it waits.
//!
//! It runs as `roundsman up` starts it, against a real server; what is looked at is the agent's own
//! process, in `/proc`, where store cache, TLS and page are all inside.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::Bench;
use super::fleet::{Fleet, Printers, ticks_of};
use super::measure;
use super::table::{Bound, Budget, Row, Table};
use crate::process;

const NETWORK: &str = "127.16.0.0/16";
/// How long the first report of the whole fleet may take.
const REPORTS_WITHIN: Duration = Duration::from_secs(300);
/// How long the waiting agent is watched.
const WATCHED: Duration = Duration::from_secs(60);

/// Measures the agent from its start to its first acknowledged report, through a second report, and while it waits.
pub fn agent(bench: &Bench) -> Result<Vec<Table>> {
    let fleet = Fleet::start(bench, Printers { network: NETWORK, count: bench.devices, manners: &[] })?;
    let up = Up::start(bench, &fleet)?;
    up.wait_for_reports(1)?;
    let (first_peak, first_cpu) = (up.peak_mib()?, up.cpu()?);
    up.agent(&["sync-now", "--wait"])?;
    let (peak, cpu) = (up.peak_mib()?, up.cpu()?);
    let before = up.cpu()?;
    std::thread::sleep(WATCHED);
    let idle = (up.cpu()? - before).as_secs_f64();
    let row = |name: &str, cpu_s: f64, peak_mib: f64, budgets| Row {
        name: name.to_owned(),
        cpu_s: Some(cpu_s),
        peak_mib: Some(peak_mib),
        budgets,
        ..Row::default()
    };
    let mib =
        |figure| vec![Budget::new("MiB", Bound::AtMost(16.0), Some(figure)), Budget::new("MiB (floor)", Bound::AtMost(32.0), Some(figure))];
    let percent = 100.0 * idle / WATCHED.as_secs_f64();
    let rows = vec![
        row("found, read, reported whole", first_cpu.as_secs_f64(), first_peak, mib(first_peak)),
        row("read again, reported changes", (cpu - first_cpu).as_secs_f64(), peak, mib(peak)),
        row("waits a minute", idle, up.resident_mib()?, vec![Budget::new("% of a core", Bound::AtMost(0.1), Some(percent))]),
    ];
    let title = format!("agent: {} printers looked after by the service", bench.devices);
    let notes = vec!["In the last row, MiB are what is resident while it waits.".to_owned()];
    Ok(vec![Table { title, unit: "device", rows, notes }])
}

/// Server and agent as `roundsman up` runs them; they end when this is dropped.
struct Up {
    child: Child,
    program: PathBuf,
    data: PathBuf,
    agent: u32,
}

impl Up {
    fn start(bench: &Bench, fleet: &Fleet) -> Result<Self> {
        let data = bench.folder.join("up");
        if data.exists() {
            fs::remove_dir_all(&data)?;
        }
        fs::create_dir_all(data.join("agent"))?;
        let port = two_free_ports()?;
        // The file lacks `up`'s own first line, so it stays as it is: daily, as at a customer's.
        let configuration = format!(
            "[discovery]\nranges = [\"{}\"]\nport = {}\nbroadcast = false\nrate = 20000\n\n[page]\nlisten = \"127.0.0.1:{}\"\n",
            fleet.network,
            fleet.port,
            port + 1
        );
        fs::write(data.join("agent/agent.toml"), configuration)?;
        let mut command = process::program(&bench.program)?;
        command.args(["up", "--port", &port.to_string(), "--scan", fleet.network, "--data"]).arg(&data).stdout(Stdio::piped());
        let mut child = measure::dying_with_us(&mut command).spawn().context("`roundsman up` did not start")?;
        let output = child.stdout.take().context("its output is ours")?;
        let mut up = Up { child, program: bench.program.clone(), data, agent: 0 };
        let mut lines = BufReader::new(output).lines();
        if !lines.by_ref().map_while(Result::ok).any(|line| line.starts_with("ready")) {
            bail!("`{}` ended before it was ready", process::line(&command));
        }
        // Nobody reads on; what it says at its end may be lost.
        drop(lines);
        up.agent = child_named(up.child.id(), "agent")?;
        Ok(up)
    }

    fn agent(&self, arguments: &[&str]) -> Result<String> {
        let mut command = process::program(&self.program)?;
        command.args(["agent", "--folder"]).arg(self.data.join("agent")).args(arguments);
        let output = command.output()?;
        if !output.status.success() {
            bail!("`{}`: {}", process::line(&command), String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Waits until so many reports have been acknowledged.
    fn wait_for_reports(&self, count: usize) -> Result<()> {
        let deadline = Instant::now() + REPORTS_WITHIN;
        while self.agent(&["status", "--json"])?.matches("\"last_success_at\": \"").count() < count {
            if Instant::now() > deadline {
                bail!("no report was acknowledged within {} s", REPORTS_WITHIN.as_secs());
            }
            std::thread::sleep(Duration::from_millis(500));
        }
        Ok(())
    }

    fn cpu(&self) -> Result<Duration> {
        ticks_of(self.agent).context("the agent has ended")
    }

    fn peak_mib(&self) -> Result<f64> {
        self.memory("VmHWM:")
    }

    fn resident_mib(&self) -> Result<f64> {
        self.memory("VmRSS:")
    }

    fn memory(&self, field: &str) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.agent)).context("the agent has ended")?;
        let line = status.lines().find_map(|line| line.strip_prefix(field)).context("the kernel tells the memory of a process")?;
        let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kib / 1024.0)
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        // Its parts end when it has gone.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the process that `parent` started with this as its first argument.
fn child_named(parent: u32, argument: &str) -> Result<u32> {
    for entry in fs::read_dir("/proc")? {
        let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let folder = Path::new("/proc").join(u32::to_string(&pid));
        // A process may end while it is looked at.
        let Ok(status) = fs::read_to_string(folder.join("status")) else { continue };
        let Ok(line) = fs::read_to_string(folder.join("cmdline")) else { continue };
        let is_child = status.lines().any(|line| line.strip_prefix("PPid:").is_some_and(|id| id.trim() == parent.to_string()));
        if is_child && line.split('\0').nth(1) == Some(argument) {
            return Ok(pid);
        }
    }
    bail!("`roundsman up` has no {argument}")
}

/// Returns a TCP port that is free, as is the next one.
fn two_free_ports() -> Result<u16> {
    for _ in 0..100 {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        if port < u16::MAX && TcpListener::bind((Ipv4Addr::LOCALHOST, port + 1)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no two free ports side by side")
}
