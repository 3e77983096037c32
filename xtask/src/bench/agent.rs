//! The agent as a service: what it needs with a whole fleet, and what it needs while it waits.
//!
//! The program is `roundsman-agent` as it is installed, against a real server; what is looked at is its
//! process, in `/proc`, where store cache, TLS and page are all inside.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::Bench;
use super::fleet::{Fleet, Printers, ticks_of};
use super::measure;
use super::table::{Bound, Budget, Row, Table};
use crate::{paths, process};

const NETWORK: &str = "127.16.0.0/16";
/// How long the first report of the whole fleet may take.
const REPORTS_WITHIN: Duration = Duration::from_secs(300);
/// How long the waiting agent is watched.
const WATCHED: Duration = Duration::from_secs(60);

/// Measures the agent from its start to its first acknowledged report, through a second report, and while it waits.
pub fn agent(bench: &Bench) -> Result<Vec<Table>> {
    let fleet = Fleet::start(&bench.program, &bench.folder, Printers { network: NETWORK, count: bench.devices, manners: &[] })?;
    let service = Service::start(bench, &fleet)?;
    service.wait_for_a_report()?;
    let (first_peak, first_cpu) = (service.peak_mib()?, service.cpu()?);
    service.agent(&["sync-now", "--wait"])?;
    let (peak, cpu) = (service.peak_mib()?, service.cpu()?);
    let before = service.cpu()?;
    std::thread::sleep(WATCHED);
    let idle = (service.cpu()? - before).as_secs_f64();
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
        row("waits a minute", idle, service.resident_mib()?, vec![Budget::new("% of a core", Bound::AtMost(0.1), Some(percent))]),
    ];
    let title = format!("agent: {} printers looked after by the service", bench.devices);
    let notes = vec!["In the last row, MiB are what is resident while it waits.".to_owned()];
    Ok(vec![Table { title, unit: "device", rows, notes }])
}

/// An agent that runs, and the server that it reports to; both end when this is dropped.
struct Service {
    agent: Child,
    server: Child,
    program: PathBuf,
    folder: PathBuf,
}

impl Service {
    fn start(bench: &Bench, fleet: &Fleet) -> Result<Self> {
        process::run(&mut process::cargo("build --release -p agent")?)?;
        let data = bench.folder.join("service");
        if data.exists() {
            fs::remove_dir_all(&data)?;
        }
        let (folder, port) = (data.join("agent"), two_free_ports()?);
        fs::create_dir_all(&folder)?;
        // Daily, as at a customer's; only the ceiling on packets is that of a network of one's own.
        let agent_configuration = format!(
            "[discovery]\nranges = [\"{}\"]\nport = {}\nbroadcast = false\nrate = 20000\n\n[page]\nlisten = \"127.0.0.1:{}\"\n",
            fleet.network,
            fleet.port,
            port + 1
        );
        fs::write(folder.join("agent.toml"), agent_configuration)?;
        let configuration = data.join("server.toml");
        fs::write(&configuration, format!("data = {:?}\n\n[[listen]]\naddress = \"127.0.0.1:{port}\"\n", data.join("server")))?;

        let server_command = |arguments: &[&str]| -> Result<Command> {
            let mut command = process::program(&bench.program)?;
            command.args(["server", "--config"]).arg(&configuration).args(arguments);
            Ok(command)
        };
        said(&mut server_command(&["tenant", "add", "bench"])?)?;
        let server = until_ready(&mut server_command(&["serve", "--announce"])?)?;
        let told = said(&mut server_command(&["code", "new", "--site", "bench"])?)?;
        let code = told.split_whitespace().find(|word| word.starts_with("RM1-")).context("`code new` tells a code")?;
        let program = paths::target_dir()?.join("release/roundsman-agent");
        let agent_command = |arguments: &[&str]| -> Result<Command> {
            let mut command = process::program(&program)?;
            command.arg("--folder").arg(&folder).args(arguments);
            Ok(command)
        };
        said(&mut agent_command(&["enroll", code])?)?;
        let agent = until_ready(&mut agent_command(&["run", "--announce"])?)?;
        Ok(Service { agent, server, program, folder })
    }

    fn agent(&self, arguments: &[&str]) -> Result<String> {
        said(process::program(&self.program)?.arg("--folder").arg(&self.folder).args(arguments))
    }

    /// Waits until a report has been acknowledged.
    fn wait_for_a_report(&self) -> Result<()> {
        let deadline = Instant::now() + REPORTS_WITHIN;
        while self.agent(&["status", "--json"])?.contains("\"last_success_at\": null") {
            if Instant::now() > deadline {
                bail!("no report was acknowledged within {} s", REPORTS_WITHIN.as_secs());
            }
            std::thread::sleep(Duration::from_millis(500));
        }
        Ok(())
    }

    fn cpu(&self) -> Result<Duration> {
        ticks_of(self.agent.id()).context("the agent has ended")
    }

    fn peak_mib(&self) -> Result<f64> {
        self.memory("VmHWM:")
    }

    fn resident_mib(&self) -> Result<f64> {
        self.memory("VmRSS:")
    }

    fn memory(&self, field: &str) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.agent.id())).context("the agent has ended")?;
        let line = status.lines().find_map(|line| line.strip_prefix(field)).context("the kernel tells the memory of a process")?;
        let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kib / 1024.0)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        for child in [&mut self.agent, &mut self.server] {
            // If it has ended already there is nothing to end.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Runs a command and returns what it prints.
fn said(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    if !output.status.success() {
        bail!("`{}`: {}", process::line(command), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Starts a command and waits for the line that says that it is ready.
fn until_ready(command: &mut Command) -> Result<Child> {
    let mut child = measure::dying_with_us(command.stdout(Stdio::piped()).stderr(Stdio::null())).spawn()?;
    let output = child.stdout.take().context("its output is ours")?;
    if BufReader::new(output).lines().map_while(Result::ok).any(|line| line.starts_with("ready")) {
        return Ok(child);
    }
    bail!("`{}` ended before it was ready", process::line(command));
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
