//! What the tests of the command line share: the program itself, simulated printers, free ports,
//! folders of their own, and programs written by others.
#![allow(dead_code)]

pub mod fleet;

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use snmp::message::{Head, PduType, Version, push_message, push_name};
use snmp::usm::talk::push_discovery;

/// Is how long something may take to be ready; what takes longer never will be.
pub const READY_WITHIN: Duration = Duration::from_secs(20);

/// Returns the program, in an environment that says nothing of its own.
pub fn roundsman() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_roundsman"));
    for name in [
        "ROUNDSMAN_COMMUNITY",
        "ROUNDSMAN_AUTH_PASSWORD",
        "ROUNDSMAN_PRIVACY_PASSWORD",
        "ROUNDSMAN_PROFILES",
        "COLUMNS",
        "NO_COLOR",
        "CLICOLOR_FORCE",
    ] {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

/// Is what a finished program leaves.
#[derive(Debug)]
pub struct Ran {
    /// The exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// Returns the output's lines as JSON.
    pub fn records(&self) -> Vec<Json> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
    }

    /// Returns the whole output as JSON.
    pub fn json(&self) -> Json {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// Fails the test unless the program ended with this code, and without a panic.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert!(!self.err.contains("panicked"), "{self:#?}");
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// Fails the test unless the standard error holds each of these.
    #[track_caller]
    pub fn says(self, words: &[&str]) -> Self {
        words.iter().for_each(|word| assert!(self.err.contains(word), "{word:?} is missing: {self:#?}"));
        self
    }
}

/// Runs a program to its end.
pub fn run(command: &mut Command) -> Ran {
    let done = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    Ran { code: done.status.code(), out: text(done.stdout), err: text(done.stderr) }
}

fn text(octets: Vec<u8>) -> String {
    String::from_utf8_lossy(&octets).into_owned()
}

/// Runs `roundsman` with these arguments, separated by blanks.
pub fn roundsman_with(arguments: &str) -> Ran {
    run(roundsman().args(arguments.split_whitespace()))
}

/// Is a program that goes on beside the test, and ends with it.
pub struct Beside(pub Child);

impl Beside {
    pub fn start(command: &mut Command) -> Self {
        Beside(command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }

    pub fn has_ended(&mut self) -> bool {
        !matches!(self.0.try_wait(), Ok(None))
    }

    /// Sends the signal of this name and returns how the program ended.
    pub fn end_with(mut self, signal: &str) -> std::process::ExitStatus {
        run(Command::new("kill").args([&format!("-{signal}"), &self.0.id().to_string()])).expect(0);
        self.0.wait().expect("a child can be waited for")
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Returns a UDP port that nobody uses at the moment.
pub fn free_port() -> u16 {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).expect("loopback has a free port");
    socket.local_addr().expect("a bound socket has an address").port()
}

/// Starts a server on a port of its choice, and returns the port once it answers SNMP there.
///
/// The port may be taken between choosing and using it: then the server ends, and another is tried.
pub fn serve(address: Ipv4Addr, community: &str, mut start: impl FnMut(u16) -> Beside) -> (Beside, u16) {
    let until = Instant::now() + READY_WITHIN;
    loop {
        let port = free_port();
        let mut server = start(port);
        while !server.has_ended() {
            if answers(SocketAddr::from((address, port)), community) {
                return (server, port);
            }
            assert!(Instant::now() < until, "nothing answers at {address}:{port}");
        }
        assert!(Instant::now() < until, "the server ends at once");
    }
}

/// Asks for sysDescr and, in v3, for the engine, once, and returns whether anything came back within a tenth of a second.
pub fn answers(address: SocketAddr, community: &str) -> bool {
    const SYS_DESCR: [u8; 7] = [0x2b, 6, 1, 2, 1, 1, 1];
    let head = Head { version: Version::V2c, community: community.as_bytes(), kind: PduType::Get, request_id: 1, first: 0, second: 0 };
    let mut request = Vec::new();
    push_message(&mut request, &head, |out| push_name(out, &SYS_DESCR, &[0]));
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).expect("loopback has a free port");
    socket.set_read_timeout(Some(Duration::from_millis(100))).expect("the time is not zero");
    let mut discovery = Vec::new();
    push_discovery(&mut discovery, 1);
    let asked = socket.send_to(&request, address).and_then(|_| socket.send_to(&discovery, address));
    let mut answer = [0; 2048];
    let came = asked.and_then(|_| socket.recv_from(&mut answer)).is_ok();
    if !came {
        // A refusal comes back at once; do not ask ten thousand times a second.
        std::thread::sleep(Duration::from_millis(20));
    }
    came
}

/// Is `roundsman sim`, ready.
pub struct Simulated {
    pub child: Beside,
    pub port: u16,
}

impl Simulated {
    /// Starts printers in a network whose first address is `first`; `more` are further options.
    pub fn start(first: &str, more: &[&str]) -> Self {
        Self::start_with_community(first, "public", more)
    }

    pub fn start_with_community(first: &str, community: &str, more: &[&str]) -> Self {
        let (child, port) = serve(first.parse().expect("an IPv4 address"), community, |port| {
            let mut command = roundsman();
            command.args(["sim", "--port", &port.to_string()]).args(more).stdout(Stdio::null()).stderr(Stdio::null());
            Beside::start(&mut command)
        });
        Simulated { child, port }
    }
}

/// Is a folder that goes with the test.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Folder(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file and returns its path.
    pub fn write(&self, name: &str, text: &str) -> String {
        let path = self.join(name);
        fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        path.display().to_string()
    }

    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).expect("the folder is there");
        let mut names: Vec<String> = entries.map(|entry| entry.expect("is listed").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Returns where a program written by others is: where the variable says, else where it usually is.
pub fn peer(variable: &str, name: &str) -> PathBuf {
    if let Some(path) = std::env::var_os(variable).filter(|path| !path.is_empty()) {
        return path.into();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let usual = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin"].map(PathBuf::from);
    let found = std::env::split_paths(&path).chain(usual).map(|folder| folder.join(name)).find(|candidate| candidate.is_file());
    found.unwrap_or_else(|| {
        panic!("{name} is missing; `cargo xtask needs` installs it and `cargo xtask test` tells in {variable} where it is")
    })
}

/// Returns a program of the system, which Debian packages.
pub fn tool(name: &str) -> PathBuf {
    peer("ROUNDSMAN_NO_SUCH_VARIABLE", name)
}

/// Returns the folder of recorded printers, or says aloud that there is none.
pub fn corpus() -> Option<PathBuf> {
    match std::env::var_os("ROUNDSMAN_CORPUS").filter(|folder| !folder.is_empty()) {
        Some(folder) => Some(folder.into()),
        None => {
            eprintln!("recordings absent: ROUNDSMAN_CORPUS does not name their folder, so nothing was tested here");
            None
        }
    }
}
