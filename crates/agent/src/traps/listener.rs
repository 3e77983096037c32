//! Takes datagrams, one at a time, and says whose they are.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::atomic::Ordering;
use std::time::Instant;

use jiff::Timestamp;
use snmp::notification::{Notice, Receiver, Rejected, name_of};

use super::{LastNotice, Told};
use crate::access::word;
use crate::run::Message;
use crate::story::story;

/// Is the most notices that are looked into in one second: a flood costs little, and is counted.
const MOST_A_SECOND: u32 = 200;
/// Is the largest datagram; a trap that carries a whole alert has some hundred octets.
const LARGEST: usize = 8 * 1024;

/// Listens; see the module.
pub struct Listener {
    receiver: Receiver,
    told: Told,
    began: Instant,
    /// The second that is counted, and how many came in it.
    second: (u64, u32),
}

/// Says why a datagram was left alone.
enum Left {
    UnknownSender,
    TooMany,
    Rejected(Rejected),
}

impl Left {
    fn word(&self) -> String {
        match self {
            Left::UnknownSender => "an address where no device is looked after".to_owned(),
            Left::TooMany => "too many at once".to_owned(),
            Left::Rejected(rejected) => rejected.to_string(),
        }
    }
}

impl Listener {
    pub fn new(receiver: Receiver, told: Told) -> Self {
        Listener { receiver, told, began: Instant::now(), second: (0, 0) }
    }

    /// Listens until it is told to stop.
    pub fn run(mut self, socket: &UdpSocket) {
        let mut datagram = [0; LARGEST];
        let mut answer = Vec::new();
        while !self.told.stop.load(Ordering::Relaxed) {
            match socket.recv_from(&mut datagram) {
                Ok((length, from)) => {
                    answer.clear();
                    self.take(Instant::now(), from, &datagram[..length], &mut answer);
                    if !answer.is_empty()
                        && let Err(error) = socket.send_to(&answer, from)
                    {
                        tracing::debug!(%from, %error, "an inform could not be answered");
                    }
                }
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted) => {}
                // A host that refused an earlier answer is told of here; that passes.
                Err(error) => tracing::debug!(%error, "a datagram was not received"),
            }
        }
    }

    fn take(&mut self, now: Instant, from: SocketAddr, datagram: &[u8], answer: &mut Vec<u8>) {
        match self.judge(now, from, datagram, answer) {
            Ok((device, notice)) => self.look(now, device, from, &notice),
            // An honest sender asks for the engine's clock first; its inform comes next.
            Err(Left::Rejected(Rejected::Reported)) => {}
            Err(left) => self.count(from, &left),
        }
    }

    /// Says whose notice it is. Who is unknown gets no answer, and costs no cryptography.
    fn judge(&mut self, now: Instant, from: SocketAddr, datagram: &[u8], answer: &mut Vec<u8>) -> Result<(u32, Notice), Left> {
        let since = now.saturating_duration_since(self.began);
        if self.second.0 != since.as_secs() {
            self.second = (since.as_secs(), 0);
        }
        self.second.1 = self.second.1.saturating_add(1);
        if self.second.1 > MOST_A_SECOND {
            return Err(Left::TooMany);
        }
        let device = self.told.store.lock().device_at(&written(from)).unwrap_or_else(|error| {
            tracing::debug!("whose a notice is cannot be told: {}", story(&error));
            None
        });
        let device = device.ok_or(Left::UnknownSender)?;
        let tick = u64::try_from(since.as_micros()).unwrap_or(u64::MAX);
        let notice = self.receiver.take(tick, datagram, answer).map_err(Left::Rejected)?;
        Ok((device, notice))
    }

    fn look(&mut self, now: Instant, device: u32, from: SocketAddr, notice: &Notice) {
        let address = written(from);
        let what = name_of(&notice.trap).map_or_else(|| dotted(&notice.trap), str::to_owned);
        tracing::debug!(address, device.number = device, notice = what, "a printer has sent a notice");
        {
            let mut board = self.told.board.lock();
            let traps = board.traps.get_or_insert_default();
            traps.heard += 1;
            let version = word(notice.version);
            let is_proved = notice.is_proved;
            traps.last = Some(LastNotice { at: Timestamp::now(), device, address, what, version: version.to_owned(), is_proved });
        }
        let wanted = self.told.looks.lock().notice(now, device);
        match wanted {
            // The loop may have ended; then nobody looks.
            Some(true) => drop(self.told.sender.send(Message::Noticed)),
            Some(false) => {}
            None => self.count(from, &Left::TooMany),
        }
    }

    fn count(&self, from: SocketAddr, left: &Left) {
        let word = left.word();
        tracing::debug!(%from, why = word, "a notice was left alone");
        let mut board = self.told.board.lock();
        *board.traps.get_or_insert_default().left_alone.entry(word).or_default() += 1;
    }
}

/// Writes an address as the store does: without the port, with the interface where it needs one.
fn written(from: SocketAddr) -> String {
    match (from.ip().to_canonical(), from) {
        (IpAddr::V6(ip), SocketAddr::V6(v6)) if v6.scope_id() != 0 => format!("{ip}%{}", v6.scope_id()),
        (ip, _) => ip.to_string(),
    }
}

/// Writes an object identifier, no longer than anybody reads.
fn dotted(arcs: &[u32]) -> String {
    arcs.iter().take(32).map(u32::to_string).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use snmp::message::{Head, PduType, Version, push_message, push_name};
    use survey::Credentials;

    use super::*;
    use crate::shared::Shared;
    use crate::store::{Sighting, Store};
    use crate::testing::Folder;

    /// An inform of v2c without anything in it but what it is about.
    fn inform(community: &[u8]) -> Vec<u8> {
        const SNMP_TRAP_OID: [u8; 10] = [0x2b, 6, 1, 6, 3, 1, 1, 4, 1, 0];
        const COLD_START: [u8; 9] = [0x2b, 6, 1, 6, 3, 1, 1, 5, 1];
        let mut out = Vec::new();
        let head = Head { version: Version::V2c, community, kind: PduType::Inform, request_id: 5, first: 0, second: 0 };
        push_message(&mut out, &head, |out| {
            push_name(out, &[0x2b, 6, 1, 2, 1, 1, 3], &[0]);
            let cold_start = snmp::Value::ObjectIdentifier(snmp::oid::OidRef::new(&COLD_START));
            snmp::message::push_varbind(out, snmp::oid::OidRef::new(&SNMP_TRAP_OID), cold_start);
        });
        out
    }

    struct Bench {
        listener: Listener,
        inbox: std::sync::mpsc::Receiver<Message>,
        _folder: Folder,
    }

    impl Bench {
        fn new() -> Self {
            let folder = Folder::new();
            let mut store = Store::open(folder.path()).unwrap();
            let at = |address: &str| Sighting { address: address.into(), ..Sighting::default() };
            assert_eq!(store.see(&at("10.0.0.7"), true, Timestamp::UNIX_EPOCH).unwrap(), 1);
            store.see(&at("10.0.0.8"), false, Timestamp::UNIX_EPOCH).unwrap();
            let receiver =
                super::super::receiver(Arc::new(cryptography::Module), &Credentials::communities(["public"]), &mut store).unwrap();
            let (sender, inbox) = channel();
            let told =
                Told { store: Shared::new(store), board: Default::default(), looks: Default::default(), sender, stop: Default::default() };
            Bench { listener: Listener::new(receiver, told), inbox, _folder: folder }
        }

        /// Takes a datagram so many milliseconds after the start; returns whether it was answered.
        fn take(&mut self, at: u64, from: &str, datagram: &[u8]) -> bool {
            let mut answer = Vec::new();
            let now = self.listener.began + Duration::from_millis(at);
            self.listener.take(now, format!("{from}:162").parse().unwrap(), datagram, &mut answer);
            !answer.is_empty()
        }

        fn left_alone(&self) -> Vec<(String, u64)> {
            self.listener.told.board.lock().traps.clone().unwrap_or_default().left_alone.into_iter().collect()
        }
    }

    #[test]
    fn a_known_printer_is_looked_at_and_its_inform_answered() {
        let mut bench = Bench::new();
        assert!(bench.take(0, "10.0.0.7", &inform(b"public")));
        assert!(bench.take(10, "10.0.0.7", &inform(b"public")));
        assert!(matches!(bench.inbox.try_iter().collect::<Vec<_>>()[..], [Message::Noticed]), "two are one reason to look");
        let traps = bench.listener.told.board.lock().traps.clone().unwrap();
        assert_eq!((traps.heard, traps.left_alone.len()), (2, 0));
        let last = traps.last.unwrap();
        assert_eq!((last.device, last.what.as_str(), last.version.as_str(), last.is_proved), (1, "coldStart", "v2c", false));
    }

    #[test]
    fn what_cannot_be_trusted_is_counted_by_reason_and_left_alone() {
        let mut bench = Bench::new();
        assert!(!bench.take(0, "10.0.0.9", &inform(b"public")));
        assert!(!bench.take(0, "10.0.0.8", &inform(b"public")), "known, and not looked after");
        assert!(!bench.take(0, "10.0.0.7", &inform(b"secret")));
        assert!(!bench.take(0, "10.0.0.7", b"hello"));
        let expected = [
            ("a community that is not listened to".to_owned(), 1),
            ("an address where no device is looked after".to_owned(), 2),
            ("no trap or inform".to_owned(), 1),
        ];
        assert_eq!(bench.left_alone(), expected);
        assert_eq!(bench.inbox.try_iter().count(), 0);
        assert!(bench.listener.told.looks.lock().next_at().is_none());
    }

    #[test]
    fn a_flood_is_counted_and_not_looked_into() {
        let mut bench = Bench::new();
        let answered = (0..1000).filter(|_| bench.take(0, "10.0.0.7", &inform(b"public"))).count();
        assert_eq!(answered, 200);
        assert_eq!(bench.left_alone(), [("too many at once".to_owned(), 800)]);
        assert!(bench.take(1000, "10.0.0.7", &inform(b"public")));
    }

    #[test]
    fn an_address_is_written_as_the_store_does() {
        for (from, text) in [("10.0.0.7:1", "10.0.0.7"), ("[::ffff:10.0.0.7]:1", "10.0.0.7"), ("[fe80::1%3]:1", "fe80::1%3")] {
            assert_eq!(written(from.parse().unwrap()), text);
        }
    }
}
