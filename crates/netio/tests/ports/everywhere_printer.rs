//! A printer that others have written: `ippeveprinter` of CUPS. The tests of the command line start it, too.
//!
//! It insists on announcing itself, so it gets a message bus and a DNS-SD responder of its own, in
//! a mount namespace; its port is one of this host's, for the test to reach.
#![allow(dead_code)]

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Starts the bus, the responder and then the printer.
const START: &str = r#"
set -e
cd "$FOLDER"
mount -t tmpfs tmpfs /run
mkdir -p /run/avahi-daemon
mount --bind passwd /etc/passwd
mount --bind group /etc/group
export DBUS_SYSTEM_BUS_ADDRESS="unix:path=$FOLDER/bus" HOME="$FOLDER"
tries=0
until_ready() { until "$@" >/dev/null 2>&1; do tries=$((tries + 1)); test $tries -lt 200 || exit 99; sleep 0.05; done; }
dbus-daemon --config-file=dbus.conf --nofork --nopidfile >dbus.log 2>&1 &
until_ready test -S bus
avahi-daemon -f avahi.conf --no-drop-root --no-chroot --no-rlimits >avahi.log 2>&1 &
until_ready grep -q 'startup complete' avahi.log
exec ippeveprinter -p "$PORT" -n localhost -K keys -d spool -M Acme -m Nine -l 'Room 7' -s 30,20 -f application/pdf -c "$FOLDER/hook" Test
"#;

const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path=BUS</listen><auth>EXTERNAL</auth><policy context="default">
<allow user="*"/><allow own="*"/><allow send_type="method_call"/><allow send_destination="*"/><allow receive_sender="*"/>
</policy></busconfig>
"#;

/// What the printer does when it prints: it tells what has become of its supplies.
const HOOK: &str = r#"#!/bin/sh
echo 'ATTR: marker-names=black,waste marker-levels=7,-3 marker-types=toner,waste-toner' >&2
echo 'STATE: +marker-supply-low' >&2
"#;

/// Is the printer, on a free port until it is dropped; it takes TLS there as well, with a key of its own.
pub struct Printer {
    process: Child,
    pub address: SocketAddr,
    folder: PathBuf,
}

impl Printer {
    /// Starts a printer; `name` tells it from the others of the same test program.
    pub fn start(name: &str) -> Printer {
        // A socket's path is short, so the folder is too.
        let folder = std::env::temp_dir().join(format!("eve-{}-{name}", std::process::id()));
        for inner in ["keys", "spool"] {
            fs::create_dir_all(folder.join(inner)).expect("a folder");
        }
        let write = |name: &str, text: &str| fs::write(folder.join(name), text).expect("written");
        write("dbus.conf", &BUS.replace("BUS", &folder.join("bus").display().to_string()));
        write("avahi.conf", "[server]\nhost-name=printer-7\nuse-ipv6=no\nallow-interfaces=lo\n");
        write("passwd", "root:x:0:0::/:/bin/sh\navahi:x:0:0::/:/bin/sh\n");
        write("group", "root:x:0:\navahi:x:0:\n");
        write("hook", HOOK);
        write("job.pdf", "%PDF-1.4\n");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(folder.join("hook"), mode).expect("a mode");
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.local_addr()).expect("a free port").port();
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", START]);
        command.env("FOLDER", &folder).env("PORT", port.to_string()).env("PATH", path());
        let log = fs::File::create(folder.join("printer.log")).expect("a log");
        let process = command.stdin(Stdio::null()).stdout(log.try_clone().expect("a log")).stderr(log).spawn();
        let process = process.expect("unshare is there: `cargo xtask needs`");
        let printer = Printer { process, address: SocketAddr::from(([127, 0, 0, 1], port)), folder };
        printer.wait();
        printer
    }

    fn wait(&self) {
        let until = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(self.address).is_err() {
            assert!(Instant::now() < until, "ippeveprinter does not start: {}", log(&self.folder));
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Prints a job with CUPS' own tool.
    pub fn print(&self) {
        let uri = format!("ipp://127.0.0.1:{}/ipp/print", self.address.port());
        let mut command = Command::new("ipptool");
        command.args(["-q", "-f"]).arg(self.folder.join("job.pdf")).args([uri.as_str(), "print-job.test"]).env("PATH", path());
        assert!(command.status().expect("ipptool is there: `cargo xtask needs`").success(), "{}", log(&self.folder));
    }
}

/// Daemons live where the path of a mere user may not lead.
pub fn path() -> String {
    format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default())
}

fn log(folder: &Path) -> String {
    ["printer.log", "avahi.log", "dbus.log"].map(|name| fs::read_to_string(folder.join(name)).unwrap_or_default()).join("\n")
}

impl Drop for Printer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}
