//! Ten thousand connections that say nothing: the server stays small, serves others, and closes them.

use std::io::Read;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rustix::process::{Resource, getrlimit, setrlimit};
use socket2::{Domain, Socket, Type};

use crate::reporter::Reporter;
use crate::site::Site;
use crate::{passed, runs};

/// Each address of the loopback network may have so many connections, as any client's.
const PER_ADDRESS: u64 = 60;
/// The server's own default is 10,000 in all; a few are kept for those who have something to say.
const IDLE: u64 = 9_900;
/// A connection that never begins its handshake is closed after this.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// The same, and some time for a busy machine.
const DEADLINE: Duration = Duration::from_secs(10 + 30);

#[test]
fn ten_thousand_silent_connections_keep_nobody_from_reporting() {
    // In CI a tenth of them: every one costs a descriptor here and one in the server.
    let count = if runs(0) > 0 { IDLE } else { IDLE / 10 };
    raise_limit(count + 1000);
    let site = Site::new();
    let server = site.start_server();
    let resident_before = resident(server.id());
    let began = Instant::now();
    let mut silent: Vec<TcpStream> = (0..count).map(|number| connect(site.port, number)).collect();
    let connected = Instant::now();
    assert!(connected - began < HANDSHAKE, "the first are closed again before the last are there: {:?}", connected - began);
    let resident_with = resident(server.id());
    site.configure(site.port, "");
    let mut reporter = Reporter::open(&site);
    reporter.read();
    reporter.report().expect("there is room for one more");
    let each = resident_with.saturating_sub(resident_before) / count;
    println!(
        "{count} silent connections, made in {:?}: {resident_with} octets resident, {each} for each; a report went through after {:?}",
        connected - began,
        connected.elapsed()
    );
    assert!(resident_with < 512 << 20, "{resident_with} octets with {count} connections");
    for stream in &mut silent {
        stream.set_read_timeout(Some(DEADLINE.saturating_sub(began.elapsed()).max(Duration::from_millis(1)))).unwrap();
        let end = stream.read(&mut [0; 16]);
        assert!(matches!(end, Ok(0)) || end.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset), "{end:?}");
    }
    passed("idle.connections", count);
}

/// Connects from one of many addresses of this computer.
fn connect(port: u16, number: u64) -> TcpStream {
    let address = number / PER_ADDRESS;
    let own = SocketAddr::from(([127, 0, 2 + (address / 250) as u8, 1 + (address % 250) as u8], 0));
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&own.into()).unwrap();
    socket.connect(&SocketAddr::from(([127, 0, 0, 1], port)).into()).unwrap();
    socket.into()
}

/// Returns the octets of memory that a process has.
fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("Linux tells it");
    line.split_whitespace().nth(1).and_then(|text| text.parse::<u64>().ok()).expect("a number of kilobytes") * 1024
}

/// Lets this process, and those that it starts, open so many files.
fn raise_limit(files: u64) {
    let mut limit = getrlimit(Resource::Nofile);
    assert!(limit.maximum.is_none_or(|most| most >= files), "raise the hard limit of open files to {files}: ulimit -Hn");
    limit.current = limit.current.max(Some(files));
    setrlimit(Resource::Nofile, limit).unwrap();
}
