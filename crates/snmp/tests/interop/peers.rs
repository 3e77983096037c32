//! net-snmp and snmpsim: programs of the system, started and asked.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use snmp::Version;
use snmp::message::{Head, PduType, push_message, push_name};
use snmp::notification::name_of;

use crate::ours::{self, SYS_DESCR};
use crate::pairs::{AUTH, PRIV, Pair};
use crate::{CONTEXT, DESCRIPTION};

/// Is a program that ends with the test, and its folder.
pub struct Peer {
    pub address: SocketAddr,
    child: Child,
    folder: PathBuf,
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Returns where a program is: where the variable says, else where it usually is.
fn program(variable: &str, name: &str) -> PathBuf {
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

fn folder() -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("interop-{}-{number}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    path
}

/// Starts a server on a port that nobody has, and waits until it answers v2c.
fn serve(community: &str, mut start: impl FnMut(&Path, u16) -> Command) -> Peer {
    let until = Instant::now() + Duration::from_secs(120);
    loop {
        let (folder, port) = (folder(), ours::socket().local_addr().expect("a bound socket has an address").port());
        let mut command = start(&folder, port);
        command.env("MIBS", "").env("SNMP_PERSISTENT_DIR", &folder).env("SNMPCONFPATH", &folder);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let mut peer = Peer { address: (Ipv4Addr::LOCALHOST, port).into(), child, folder };
        while matches!(peer.child.try_wait(), Ok(None)) {
            if answers(peer.address, community) {
                return peer;
            }
            assert!(Instant::now() < until, "nothing answers: {command:?}");
        }
        assert!(Instant::now() < until, "ends at once: {command:?}");
    }
}

fn answers(address: SocketAddr, community: &str) -> bool {
    let head = Head { version: Version::V2c, community: community.as_bytes(), kind: PduType::Get, request_id: 1, first: 0, second: 0 };
    let mut request = Vec::new();
    push_message(&mut request, &head, |out| push_name(out, &SYS_DESCR, &[]));
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
    socket.set_read_timeout(Some(Duration::from_millis(100))).expect("the time is not zero");
    let came = socket.send_to(&request, address).and_then(|_| socket.recv(&mut [0; 2048])).is_ok();
    if !came {
        // A refusal comes back at once; do not ask ten thousand times a second.
        std::thread::sleep(Duration::from_millis(20));
    }
    came
}

/// Starts net-snmp's agent. It has contexts only through others, so it is its own proxy for ours.
pub fn snmpd(pairs: &[&Pair]) -> Peer {
    let program = program("ROUNDSMAN_SNMPD", "snmpd");
    serve("public", |folder, port| {
        let mut settings = format!(
            "agentaddress udp:127.0.0.1:{port}\nrocommunity public 127.0.0.1\nsysDescr {DESCRIPTION}\n\
             view all included .1\naccess everybody \"\" usm noauth prefix all none none\n\
             proxy -Cn {CONTEXT} -v 2c -c public 127.0.0.1:{port} .1.3\n"
        );
        for pair in pairs {
            let Some(privacy) = pair.net_snmp_privacy() else { continue };
            let name = pair.name();
            settings += &format!("group everybody usm {name}\n");
            settings += &match pair.net_snmp_authentication() {
                None => format!("createUser {name}\n"),
                Some(hash) if privacy.is_empty() => format!("createUser {name} {hash} \"{AUTH}\"\n"),
                Some(hash) => format!("createUser {name} {hash} \"{AUTH}\" {privacy} \"{PRIV}\"\n"),
            };
        }
        let file = folder.join("snmpd.conf");
        fs::write(&file, settings).expect("the folder takes files");
        let mut command = Command::new(&program);
        // -C: nothing but our own file; -p: no pid file where the system keeps its.
        command.args(["-f", "-Ln", "-C", "-c"]).arg(&file).arg("-p").arg(folder.join("pid"));
        command
    })
}

/// Starts snmpsim with one recording, which is the context of its name.
pub fn snmpsim(pairs: &[&Pair]) -> Peer {
    let program = program("ROUNDSMAN_SNMPSIM", "snmpsim-command-responder");
    serve(CONTEXT, |folder, port| {
        let recordings = folder.join("recordings");
        fs::create_dir_all(&recordings).expect("the folder is new");
        let text = format!("1.3.6.1.2.1.1.1.0|4|{DESCRIPTION}\n1.3.6.1.2.1.1.3.0|67|4711\n");
        fs::write(recordings.join(format!("{CONTEXT}.snmprec")), text).expect("the folder takes files");
        let mut command = Command::new(&program);
        command
            .arg(format!("--cache-dir={}", folder.join("cache").display()))
            .arg(format!("--logging-method=file:{}", folder.join("log").display()))
            .arg("--log-level=error")
            .args(unprivileged())
            .arg("--v3-engine-id=auto");
        for pair in pairs {
            let Some(privacy) = pair.snmpsim_privacy() else { continue };
            command.arg(format!("--v3-user={}", pair.name()));
            if let Some(hash) = pair.snmpsim_authentication() {
                command.arg(format!("--v3-auth-key={AUTH}")).arg(format!("--v3-auth-proto={hash}"));
            }
            if !privacy.is_empty() {
                command.arg(format!("--v3-priv-key={PRIV}")).arg(format!("--v3-priv-proto={privacy}"));
            }
        }
        command.arg(format!("--data-dir={}", recordings.display())).arg(format!("--agent-udpv4-endpoint=127.0.0.1:{port}"));
        command
    })
}

/// Started by an administrator, snmpsim insists on being told whom to run as.
fn unprivileged() -> &'static [&'static str] {
    let user = Command::new("id").arg("-u").output().map(|done| done.stdout).unwrap_or_default();
    if user.trim_ascii() == b"0" { &["--process-user=root", "--process-group=root"] } else { &[] }
}

/// Prepares a tool of net-snmp to speak as a user.
fn tool(name: &str, pair: &Pair, folder: &Path) -> Command {
    let mut command = Command::new(program("ROUNDSMAN_NO_SUCH_VARIABLE", name));
    command.args(["-v3", "-On", "-t", "5", "-r", "1", "-u", &pair.name()]);
    let privacy = pair.net_snmp_privacy().expect("only pairs that net-snmp has");
    match pair.net_snmp_authentication() {
        None => command.args(["-l", "noAuthNoPriv"]),
        Some(hash) if privacy.is_empty() => command.args(["-l", "authNoPriv", "-a", hash, "-A", AUTH]),
        Some(hash) => command.args(["-l", "authPriv", "-a", hash, "-A", AUTH, "-x", privacy, "-X", PRIV]),
    };
    command.env("MIBS", "").env("SNMP_PERSISTENT_DIR", folder).env("SNMPCONFPATH", folder).stdin(Stdio::null());
    command
}

/// Has net-snmp's tool read sysDescr of an engine.
pub fn snmpget(engine: SocketAddr, pair: &Pair, context: &str) -> Result<(), String> {
    let folder = folder();
    let done = tool("snmpget", pair, &folder).args(["-n", context, &engine.to_string(), ".1.3.6.1.2.1.1.1.0"]).output();
    let _ = fs::remove_dir_all(&folder);
    let done = done.map_err(|error| error.to_string())?;
    let told = String::from_utf8_lossy(&done.stdout).into_owned();
    if told.contains(DESCRIPTION) { Ok(()) } else { Err(format!("{told}{}", String::from_utf8_lossy(&done.stderr))) }
}

/// Has net-snmp's tool send printerV2Alert, and hears it.
pub fn notify(name: &str, pair: &Pair) -> Result<(), String> {
    let folder = folder();
    let notice = ours::hear(pair, |address| {
        let mut command = tool(name, pair, &folder);
        if name == "snmptrap" {
            command.args(["-e", "0x80001f8804616c657274"]);
        }
        command.args([&address.to_string(), "", ".1.3.6.1.2.1.43.18.2.0.1"]).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"))
    });
    let _ = fs::remove_dir_all(&folder);
    let notice = notice?;
    let is_as_sent = name_of(&notice.trap) == Some("printerV2Alert")
        && notice.is_inform == (name == "snmpinform")
        && notice.is_proved == pair.authentication.is_some();
    if is_as_sent { Ok(()) } else { Err(format!("{notice:?}")) }
}
