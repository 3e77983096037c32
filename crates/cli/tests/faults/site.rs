//! Server, agent and simulated printers as processes that can be started and killed one by one.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_roundsman");
/// Is how long anything may take on a busy machine.
const WITHIN: Duration = Duration::from_secs(60);
const PRINTERS: &str = "127.0.1.0/29";

/// Is a process; killed, not asked, when it is dropped.
pub struct Part(Child);

impl Part {
    /// Sends SIGKILL and waits until it is gone.
    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    /// Returns the process's number.
    pub fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.end();
    }
}

/// Is a customer's site and its server on this computer.
pub struct Site {
    folder: TempDir,
    pub port: u16,
    printers_port: u16,
    _printers: Part,
}

impl Site {
    /// Makes a server with one customer, and an agent that it has let in.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (port, printers_port) = (free_port(), free_port());
        let printers =
            start(&["sim", "--network", PRINTERS, "--port", &printers_port.to_string()], &folder.path().join("printers.log"), false);
        let site = Site { folder, port, printers_port, _printers: printers };
        std::fs::create_dir_all(site.agent()).unwrap();
        site.configure_server("");
        site.administer(&["tenant", "add", "main"]);
        let server = site.start_server();
        site.configure(port, "[report]\nevery = \"1m\"\n");
        site.enrol();
        server.kill();
        site
    }

    /// Writes the agent's configuration, with the server behind a port.
    pub fn configure(&self, server_port: u16, more: &str) {
        let text = format!(
            "[server]\naddress = \"127.0.0.1:{server_port}\"\nname = \"127.0.0.1\"\n\n[discovery]\nranges = [\"{PRINTERS}\"]\nport = {}\nbroadcast = false\n\
             every = \"1h\"\n\n[reading]\nevery = \"1m\"\n\n[page]\nlisten = \"127.0.0.1:0\"\n\n{more}",
            self.printers_port
        );
        std::fs::write(self.agent().join("agent.toml"), text).unwrap();
    }

    /// Writes the server's configuration.
    pub fn configure_server(&self, more: &str) {
        let text = format!(
            "data = \"{}\"\n\n[[listen]]\naddress = \"127.0.0.1:{port}\"\n\n[tls]\nname = \"127.0.0.1:{port}\"\n\n{more}",
            self.server().display(),
            port = self.port
        );
        std::fs::write(self.folder.path().join("server.toml"), text).unwrap();
    }

    fn server_configuration(&self) -> String {
        self.folder.path().join("server.toml").display().to_string()
    }

    fn enrol(&self) {
        let code = self.administer(&["code", "new", "--site", "main", "--only-code"]);
        self.ask_agent(&["enroll", code.trim()]).expect("the agent is let in");
    }

    pub fn server(&self) -> PathBuf {
        self.folder.path().join("server")
    }

    pub fn agent(&self) -> PathBuf {
        self.folder.path().join("agent")
    }

    fn log(&self, part: &str) -> PathBuf {
        self.folder.path().join(format!("{part}.log"))
    }

    /// Starts the server and waits until it answers.
    pub fn start_server(&self) -> Part {
        start(&["server", "--config", &self.server_configuration(), "serve", "--announce"], &self.log("server"), true)
    }

    /// Starts the agent and waits until its page answers.
    pub fn start_agent(&self) -> Part {
        let folder = self.agent().display().to_string();
        start(&["agent", "--folder", &folder, "run", "--announce"], &self.log("agent"), true)
    }

    fn administer(&self, arguments: &[&str]) -> String {
        run(&[&["server", "--config", &self.server_configuration()], arguments].concat()).unwrap()
    }

    /// Has a word with the agent.
    pub fn ask_agent(&self, arguments: &[&str]) -> Result<String, String> {
        let folder = self.agent().display().to_string();
        run(&[&["agent", "--folder", &folder], arguments].concat())
    }

    /// Lets the agent report until it has told the server everything.
    pub fn settle(&self) {
        let since = Instant::now();
        while let Err(error) = self.ask_agent(&["sync-now", "--wait"]) {
            assert!(since.elapsed() < WITHIN, "{error}\n{}", self.logs());
        }
    }

    /// Returns what the programs have said.
    pub fn logs(&self) -> String {
        let read = |part| std::fs::read_to_string(self.log(part)).unwrap_or_default();
        format!("agent:\n{}\nserver:\n{}", read("agent"), read("server"))
    }
}

fn start(arguments: &[&str], log: &std::path::Path, announces: bool) -> Part {
    let log = File::options().create(true).append(true).open(log).unwrap();
    let mut command = Command::new(PROGRAM);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
    let mut part = Part(command.spawn().unwrap());
    let output = BufReader::new(part.0.stdout.take().unwrap());
    if announces {
        let mut lines = output.lines().map_while(Result::ok);
        assert!(lines.any(|line| line.starts_with("ready")), "{arguments:?} ended before it was ready");
        // Whatever it still says must find a reader.
        std::thread::spawn(move || lines.count());
    } else {
        std::thread::spawn(move || output.lines().count());
    }
    part
}

fn run(arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(PROGRAM).args(arguments).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() { Ok(said) } else { Err(format!("{arguments:?}: {said}{}", String::from_utf8_lossy(&output.stderr))) }
}

pub fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}
