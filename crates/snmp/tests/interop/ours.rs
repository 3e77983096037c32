//! Our own sides, on sockets: who asks, who is asked, and who listens.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use cryptography::Module;
use snmp::message::{PduHead, PduType, push_name};
use snmp::notification::{Notice, Receiver};
use snmp::responder::{Manners, Objects, respond_v3};
use snmp::usm::clock::own_engine_id;
use snmp::usm::{Authority, Taken, Talk};
use snmp::v3::Envelope;
use snmp::{OidRef, Value};

use crate::pairs::Pair;
use crate::{CONTEXT, DESCRIPTION};

pub const SYS_DESCR: [u8; 8] = [0x2b, 6, 1, 2, 1, 1, 1, 0];
pub const SYS_UP_TIME: [u8; 8] = [0x2b, 6, 1, 2, 1, 1, 3, 0];
/// Is how long anything may take; what takes longer has failed.
pub const WITHIN: Duration = Duration::from_secs(10);

pub fn socket() -> UdpSocket {
    UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port")
}

/// Reads sysDescr and sysUpTime of an engine, twice, so that the second reading needs no introduction.
pub fn ask(engine: SocketAddr, pair: &Pair, context: &str) -> Result<(), String> {
    let user = pair.user(context).map_err(|error| error.to_string())?;
    let socket = socket();
    socket.set_read_timeout(Some(WITHIN)).expect("the time is not zero");
    let (mut talk, began) = (Talk::new(&Module, user, None), Instant::now());
    let (mut datagram, mut answers) = (vec![0; 65_536], 0);
    for id in 1..10 {
        let now = || u64::try_from(began.elapsed().as_micros()).expect("tests are short");
        let head = PduHead { kind: PduType::Get, request_id: id, first: 0, second: 0 };
        let mut request = Vec::new();
        talk.push_request(&mut request, &Module, now(), &head, context.as_bytes(), id as u64, |out| {
            push_name(out, &SYS_DESCR, &[]);
            push_name(out, &SYS_UP_TIME, &[]);
        });
        socket.send_to(&request, engine).map_err(|error| error.to_string())?;
        let length = socket.recv(&mut datagram).map_err(|error| format!("request {id}: {error}"))?;
        let envelope = Envelope::parse(&datagram[..length]).map_err(|error| error.to_string())?;
        let mut room = Vec::new();
        match talk.take(&Module, now(), &envelope, &mut room) {
            Taken::AskAgain => {}
            Taken::Refused(refused) => return Err(refused.to_string()),
            Taken::Ignored(ignored) => return Err(ignored.to_string()),
            Taken::Answer(mut pdu) => {
                let mut value = || pdu.varbinds.next()?.ok()?.value().ok();
                match (value(), value()) {
                    (Some(Value::OctetString(text)), Some(Value::TimeTicks(_))) if text == DESCRIPTION.as_bytes() => answers += 1,
                    other => return Err(format!("{} {other:?}", pdu.error_status().name())),
                }
            }
        }
        if answers == 2 {
            return Ok(());
        }
    }
    Err("no end of reports".into())
}

/// Is our engine with all users, until it is dropped.
pub struct Engine {
    pub address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Engine {
    pub fn start(pairs: &[&Pair]) -> Self {
        let mut authority = Authority::new(Arc::new(Module), own_engine_id(&Module, b"interoperability"), 3, 1);
        pairs.iter().for_each(|pair| authority.add_user(pair.user("").expect("only permitted ones")));
        authority.add_context(CONTEXT);
        let socket = socket();
        socket.set_read_timeout(Some(Duration::from_millis(50))).expect("the time is not zero");
        let address = socket.local_addr().expect("a bound socket has an address");
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            let (mut datagram, began) = (vec![0; 65_536], Instant::now());
            while !stopped.load(Ordering::Relaxed) {
                let Ok((length, from)) = socket.recv_from(&mut datagram) else { continue };
                let (mut answer, time) = (Vec::new(), 1000 + u32::try_from(began.elapsed().as_secs()).expect("tests are short"));
                if respond_v3(&datagram[..length], &System, &Manners::default(), &mut authority, time, &mut answer) {
                    socket.send_to(&answer, from).expect("loopback takes it");
                }
            }
        });
        Engine { address, stop, thread: Some(thread) }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct System;

impl Objects for System {
    fn get(&self, name: OidRef<'_>) -> Option<Value<'_>> {
        match name.as_octets() {
            octets if octets == SYS_DESCR => Some(Value::OctetString(DESCRIPTION.as_bytes())),
            octets if octets == SYS_UP_TIME => Some(Value::TimeTicks(4711)),
            _ => None,
        }
    }

    fn next(&self, _: OidRef<'_>) -> Option<(OidRef<'_>, Value<'_>)> {
        None
    }
}

/// Listens for one notice of a user, while `send` has it sent to an address.
pub fn hear(pair: &Pair, send: impl FnOnce(SocketAddr) -> std::process::Child) -> Result<Notice, String> {
    let authority = Authority::new(Arc::new(Module), own_engine_id(&Module, b"receiver"), 5, 1);
    let mut receiver = Receiver::new(Arc::new(Module), authority);
    receiver.add_user(pair.user("").map_err(|error| error.to_string())?);
    let socket = socket();
    socket.set_read_timeout(Some(WITHIN)).expect("the time is not zero");
    let mut sender = send(socket.local_addr().expect("a bound socket has an address"));
    let (mut datagram, began) = (vec![0; 65_536], Instant::now());
    let notice = loop {
        let (length, from) = match socket.recv_from(&mut datagram) {
            Ok(came) => came,
            Err(error) => break Err(error.to_string()),
        };
        let (now, mut answer) = (u64::try_from(began.elapsed().as_micros()).expect("tests are short"), Vec::new());
        let notice = receiver.take(now, &datagram[..length], &mut answer);
        if !answer.is_empty() {
            socket.send_to(&answer, from).expect("loopback takes it");
        }
        match notice {
            Err(snmp::notification::Rejected::Reported) => {}
            Err(rejected) => break Err(rejected.to_string()),
            Ok(notice) => break Ok(notice),
        }
    };
    let status = sender.wait().map_err(|error| error.to_string())?;
    if notice.is_ok() && !status.success() {
        return Err(format!("its sender was not content: {status}"));
    }
    notice
}
