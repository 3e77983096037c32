//! A line printer daemon that others have written: `cups-lpd` before a spooler of CUPS.
//!
//! The daemon speaks on its standard input, as under inetd; the test is the inetd.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use netio::ipp::{Question, read};
use netio::stream::{Ended, Timeouts, converse};
use printport::ipp::Outcome;
use printport::lpd::{self, Queue};

use crate::everywhere_printer::path;
use crate::question;
use crate::server::Server;

const FILES: &str = "ServerRoot FOLDER/etc\nRequestRoot FOLDER/spool\nCacheDir FOLDER/cache\nStateDir FOLDER/run\n\
    AccessLog FOLDER/log/access\nErrorLog FOLDER/log/error\nPageLog FOLDER/log/page\nUser nobody\nGroup nogroup\nFileDevice Yes\n";

const SPOOLER: &str = "Listen 127.0.0.1:PORT\nBrowsing No\nWebInterface No\n<Location />\nOrder allow,deny\nAllow all\n</Location>\n\
    <Policy default>\n<Limit All>\nOrder allow,deny\nAllow all\n</Limit>\n</Policy>\n";

/// A queue that keeps what it gets, since it is stopped.
const QUEUES: &str = "<Printer laser>\nInfo Test\nDeviceURI file:/dev/null\nState Stopped\nAccepting Yes\nShared Yes\n</Printer>\n";

struct Spooler {
    process: Child,
    address: SocketAddr,
    folder: PathBuf,
}

impl Spooler {
    fn start() -> Spooler {
        let folder = std::env::temp_dir().join(format!("spooler-{}", std::process::id()));
        // The spooler gives its rights away, and then must still write here.
        for inner in ["", "etc", "spool", "cache", "run", "log"] {
            let inner = folder.join(inner);
            fs::create_dir_all(&inner).expect("a folder");
            fs::set_permissions(&inner, fs::Permissions::from_mode(0o777)).expect("a mode");
        }
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.local_addr()).expect("a free port").port();
        let write = |name: &str, text: String| fs::write(folder.join(name), text).expect("written");
        write("files.conf", FILES.replace("FOLDER", &folder.display().to_string()));
        write("cupsd.conf", SPOOLER.replace("PORT", &port.to_string()));
        write("etc/printers.conf", QUEUES.to_owned());
        write("job.pdf", "%PDF-1.4\n".to_owned());
        let mut command = Command::new("cupsd");
        command.arg("-f").arg("-c").arg(folder.join("cupsd.conf")).arg("-s").arg(folder.join("files.conf"));
        let process = command.env("PATH", path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let process = process.expect("cupsd is there: `cargo xtask needs`");
        let spooler = Spooler { process, address: SocketAddr::from(([127, 0, 0, 1], port)), folder };
        let until = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(spooler.address).is_err() {
            let log = || fs::read_to_string(spooler.folder.join("log/error")).unwrap_or_default();
            assert!(Instant::now() < until, "cupsd does not start: {}", log());
            std::thread::sleep(Duration::from_millis(50));
        }
        spooler
    }

    fn print(&self) {
        let uri = format!("ipp://{}/printers/laser", self.address);
        let mut command = Command::new("ipptool");
        command.args(["-q", "-f"]).arg(self.folder.join("job.pdf")).args([uri.as_str(), "print-job.test"]).env("PATH", path());
        assert!(command.status().expect("ipptool is there: `cargo xtask needs`").success());
    }

    /// Asks the line printer daemon for the state of a queue.
    fn state_of(&self, queue: &str) -> Queue {
        let spooler = self.address.to_string();
        let program = std::env::var_os("ROUNDSMAN_CUPS_LPD").unwrap_or_else(|| "/usr/lib/cups/daemon/cups-lpd".into());
        let daemon = Server::of_connections(move |stream| {
            let input = OwnedFd::from(stream.try_clone().expect("a second handle"));
            let mut command = Command::new(&program);
            command.arg("-n").env("CUPS_SERVER", &spooler).stdin(input).stdout(OwnedFd::from(stream)).stderr(Stdio::null());
            let mut process = command.spawn().expect("cups-lpd is there: `cargo xtask needs`");
            let _ = process.wait();
        });
        let mut question = lpd::Question::new(queue, 5_000_000).expect("a name");
        assert_eq!(converse(daemon.address, &mut question, Timeouts::default()), Ended::Done);
        question.finish()
    }
}

impl Drop for Spooler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn a_spooler_of_cups_tells_of_its_queue_over_lpd_and_over_ipp() {
    let spooler = Spooler::start();
    let stopped = Queue { lives: true, ready: Some(false), accepts: None, jobs: Some(0) };
    assert_eq!(spooler.state_of("laser"), stopped);
    spooler.print();
    spooler.print();
    assert_eq!(spooler.state_of("laser"), Queue { jobs: Some(2), ..stopped }, "it is stopped and takes jobs all the same");
    assert_eq!(spooler.state_of("none").jobs, None);
    let elsewhere = Question { paths: &["/ipp/print", "/printers/laser"], ..question(spooler.address) };
    let answers = read(&elsewhere).expect("no certificate known").answers;
    assert_eq!((answers.outcome, answers.path.as_deref()), (Outcome::Answered, Some("/printers/laser")), "{:?}", answers.problems);
    assert_eq!((answers.attributes.number("printer-state"), answers.attributes.text("printer-info")), (Some(5), Some("Test")));
}
