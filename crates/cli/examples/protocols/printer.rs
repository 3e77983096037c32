//! One simulated printer that speaks everything.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use netio::serve::{Reply, Responder, serve};
use netio::{Clock, Tick};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use rustls_pki_types::PrivateKeyDer;
use sim::device::Conduct;
use sim::ipp::IppPrinter;
use sim::{Fleet, FleetOptions, LpdQueue, PjlPrinter};

use crate::delay::lead;
use crate::server::{Server, http, request};

/// Is the printer, for as long as the program runs.
pub struct Printer {
    pub snmp: SocketAddr,
    /// The ports of its address.
    pub ipp: u16,
    pub tls: u16,
    pub pjl: u16,
    pub lpd: u16,
    _servers: [Server; 4],
}

impl Printer {
    /// Starts the printer behind a network whose round trips take so long.
    pub fn start(round_trip: Duration) -> Self {
        let delay = Tick::try_from(round_trip.as_micros()).expect("a moment");
        let conduct = Conduct { delay: delay..delay, ..Conduct::default() };
        // Nearly no life: what is printing is left alone, and would be read too soon.
        let options = FleetOptions { conduct, speed: 1e-6, ..FleetOptions::default() };
        let mut fleet = Fleet::new(1).options(options).network(Ipv4Addr::new(127, 99, 0, 0), 4, 1);
        let address = fleet.addresses()[0];
        let living = fleet.printer(address).expect("a living printer");
        let ipp = Arc::new(Mutex::new(IppPrinter::of(living)));
        let mut channel = PjlPrinter::new(living.spec().name, living.total_impressions());
        let (under_tls, configuration) = (ipp.clone(), configuration());
        let servers = [
            Server::of_connections(move |stream| speak_ipp(stream, &ipp)),
            Server::of_connections(move |stream| only_under_tls(stream, &configuration, &under_tls)),
            Server::of_connections(talking(move |octets| Some(channel.answer(octets)), false)),
            Server::of_connections(talking(move |octets| LpdQueue::new("lp").answer(octets), true)),
        ];
        let [ipp, tls, pjl, lpd] = [0, 1, 2, 3].map(|place: usize| lead(address, servers[place].address, round_trip));
        Printer { snmp: SocketAddr::new(address, speak_snmp(fleet)), ipp, tls, pjl, lpd, _servers: servers }
    }
}

struct Served {
    fleet: Fleet,
    replies: Vec<sim::Reply>,
}

impl Responder for Served {
    fn answer(&mut self, now: Tick, asked: Ipv4Addr, request: &[u8], replies: &mut Vec<Reply>) {
        self.fleet.answer(now, now / 1_000_000, IpAddr::V4(asked), request, &mut self.replies);
        replies.extend(self.replies.drain(..).map(|reply| Reply { at: reply.at, from: asked, octets: reply.octets }));
    }
}

/// Serves SNMP at a free port.
fn speak_snmp(fleet: Fleet) -> u16 {
    let port = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).and_then(|socket| socket.local_addr()).expect("a free port").port();
    std::thread::spawn(move || serve(port, &mut Served { fleet, replies: Vec::new() }, &Clock::start(), || true).expect("a free port"));
    port
}

fn speak_ipp(mut stream: impl Read + Write, printer: &Mutex<IppPrinter>) {
    while let Some(body) = request(&mut stream) {
        let answer = http(&printer.lock().expect("not poisoned").answer(&body));
        if stream.write_all(&answer).and_then(|()| stream.flush()).is_err() {
            return;
        }
    }
}

/// Asks for TLS whoever comes without it, at the same port.
fn only_under_tls(mut stream: TcpStream, configuration: &Arc<ServerConfig>, printer: &Mutex<IppPrinter>) {
    const HANDSHAKE: u8 = 0x16;
    let mut first = [0];
    match stream.peek(&mut first) {
        Ok(1) if first[0] == HANDSHAKE => {
            let connection = ServerConnection::new(configuration.clone()).expect("a connection");
            speak_ipp(StreamOwned::new(connection, stream), printer);
        }
        Ok(1) => {
            request(&mut stream);
            let _ = stream.write_all(b"HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n");
        }
        _ => {}
    }
}

fn configuration() -> Arc<ServerConfig> {
    let key = rcgen::KeyPair::generate().expect("a key");
    let parameters = rcgen::CertificateParams::new(vec!["printer.example".to_owned()]).expect("a name");
    let certificate = parameters.self_signed(&key).expect("a certificate");
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let configuration = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key);
    Arc::new(configuration.expect("a certificate and its key"))
}

/// Serves a conversation, until the first answer if there is to be but one.
fn talking(answer: impl FnMut(&[u8]) -> Option<Vec<u8>> + Send + 'static, once: bool) -> impl Fn(TcpStream) + Send + 'static {
    let answer = Mutex::new(answer);
    move |mut stream: TcpStream| {
        let mut buffer = [0; 512];
        while let Ok(read @ 1..) = stream.read(&mut buffer) {
            let octets = (answer.lock().expect("not poisoned"))(&buffer[..read]);
            if octets.is_some_and(|octets| stream.write_all(&octets).is_err() || once) {
                return;
            }
        }
    }
}
