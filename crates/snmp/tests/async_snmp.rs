//! Our responder, asked by a client written by others (async-snmp): every type of SMIv2 must
//! arrive as it was sent, by every kind of request.
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "the oracle speaks over a real socket")]

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use async_snmp::handler::{BoxFuture, GetNextResult, GetResult, HandlerResult, MibHandler, RequestContext};
use async_snmp::{Agent, Auth, Client, Error, ErrorStatus, Oid, Value as Theirs, VarBind};
use snmp::message::{Head, PduType, push_message, push_name};
use snmp::responder::{Manners, Objects, respond};
use snmp::{Message, OidRef, Pdu, Value as Ours, Version, oid};

/// Lists every type, with the values at its edges, as arcs and as the other engine holds it.
fn objects() -> Vec<(Vec<u32>, Theirs)> {
    let text = |octets: &[u8]| Theirs::OctetString(octets.to_vec().into());
    let values = vec![
        Theirs::Integer(0),
        Theirs::Integer(127),
        Theirs::Integer(128),
        Theirs::Integer(-1),
        Theirs::Integer(-128),
        Theirs::Integer(-129),
        Theirs::Integer(i32::MAX),
        Theirs::Integer(i32::MIN),
        text(b""),
        text(b"Example Printer"),
        text(&[0, 0x80, 0xff]),
        // Lengths around where BER needs another octet to tell them.
        text(&[b'a'; 127]),
        text(&[b'b'; 128]),
        text(&[b'c'; 255]),
        text(&[b'd'; 256]),
        text(&[b'e'; 1000]),
        Theirs::Null,
        Theirs::ObjectIdentifier(Oid::new([1, 3, 6, 1, 4, 1, 32473, 4_294_967_295])),
        Theirs::ObjectIdentifier(Oid::new([0, 0])),
        Theirs::ObjectIdentifier(Oid::new([2, 999, 3])),
        Theirs::IpAddress([192, 0, 2, 255]),
        Theirs::Counter32(0),
        Theirs::Counter32(0x8000_0000),
        Theirs::Counter32(u32::MAX),
        Theirs::Gauge32(u32::MAX),
        Theirs::TimeTicks(70_038_100),
        Theirs::TimeTicks(u32::MAX),
        Theirs::Opaque(vec![0x9f, 0x78, 4, 0x42, 0xf6, 0, 0].into()),
        Theirs::Counter64(0),
        Theirs::Counter64(1 << 63),
        Theirs::Counter64(u64::MAX),
        text(b"behind the 64-bit counters"),
    ];
    // Arcs on both sides of each length they can have on the wire.
    let arcs = [1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 268_435_455, 268_435_456, u32::MAX];
    let last = |place: usize| [arcs[place / 4 % arcs.len()], u32::try_from(place % 4).expect("is below 4")];
    values.into_iter().enumerate().map(|(place, value)| ([&ROOT[..], &last(place)].concat(), value)).collect()
}

const ROOT: [u32; 8] = [1, 3, 6, 1, 4, 1, 32473, 7];

fn without_counter64() -> Vec<(Vec<u32>, Theirs)> {
    objects().into_iter().filter(|(_, value)| !matches!(value, Theirs::Counter64(_))).collect()
}

/// Is the same objects as our responder reads them.
struct Held(Vec<(Vec<u8>, Theirs, Vec<u8>)>);

impl Held {
    fn new() -> Self {
        Held::of(&objects())
    }

    fn of(objects: &[(Vec<u32>, Theirs)]) -> Self {
        Held(objects.iter().map(|(arcs, value)| (oid::encode(arcs), value.clone(), identifier(value))).collect())
    }

    fn ours((_, value, identifier): &(Vec<u8>, Theirs, Vec<u8>)) -> Ours<'_> {
        match value {
            Theirs::Integer(value) => Ours::Integer((*value).into()),
            Theirs::OctetString(octets) => Ours::OctetString(octets),
            Theirs::Null => Ours::Null,
            Theirs::ObjectIdentifier(_) => Ours::ObjectIdentifier(OidRef::new(identifier)),
            Theirs::IpAddress(octets) => Ours::IpAddress(*octets),
            Theirs::Counter32(value) => Ours::Counter32(*value),
            Theirs::Gauge32(value) => Ours::Gauge32(*value),
            Theirs::TimeTicks(value) => Ours::TimeTicks(*value),
            Theirs::Opaque(octets) => Ours::Opaque(octets),
            Theirs::Counter64(value) => Ours::Counter64(*value),
            other => panic!("{other:?} is not among the objects"),
        }
    }
}

impl Objects for Held {
    fn get(&self, name: OidRef<'_>) -> Option<Ours<'_>> {
        self.0.iter().find(|(own, ..)| own == name.as_octets()).map(Held::ours)
    }

    fn next(&self, after: OidRef<'_>) -> Option<(OidRef<'_>, Ours<'_>)> {
        self.0.iter().find(|(own, ..)| OidRef::new(own).cmp_arcs(&after).is_gt()).map(|object| (OidRef::new(&object.0), Held::ours(object)))
    }
}

/// Is our responder on a socket of loopback, until it is dropped.
struct Served {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Served {
    fn start() -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
        socket.set_read_timeout(Some(Duration::from_millis(50))).expect("the time is not zero");
        let address = socket.local_addr().expect("a bound socket has an address");
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            let (held, manners) = (Held::new(), Manners { community: Some(b"public".to_vec()), ..Manners::default() });
            let (mut request, mut answer) = (vec![0; 65_536], Vec::new());
            while !stopped.load(Ordering::Relaxed) {
                let Ok((length, from)) = socket.recv_from(&mut request) else { continue };
                answer.clear();
                if respond(&request[..length], &held, &manners, &mut answer) {
                    socket.send_to(&answer, from).expect("loopback takes it");
                }
            }
        });
        Served { address, stop, thread: Some(thread) }
    }

    async fn client(&self, auth: Auth) -> Client {
        Client::builder(self.address, auth).request_timeout(Duration::from_secs(5)).connect().await.expect("a socket can be had")
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn pairs(bindings: Vec<VarBind>) -> Vec<(Vec<u32>, Theirs)> {
    bindings.into_iter().map(|binding| (binding.oid.arcs().to_vec(), binding.value)).collect()
}

#[tokio::test]
async fn a_get_brings_every_type_as_it_is() {
    let served = Served::start();
    let client = served.client(Auth::v2c("public")).await;
    for (arcs, value) in objects() {
        let answer = client.get(&Oid::new(arcs.clone())).await.expect("is answered");
        assert_eq!(pairs(answer.varbinds), [(arcs, value)]);
    }
    let absent = |last: [u32; 2]| Oid::new([&ROOT[..], &last].concat());
    let [instance, object] = [absent([1, 99]), absent([5, 0])];
    assert_eq!(client.get(&instance).await.expect("is answered").varbinds[0].value, Theirs::NoSuchInstance);
    assert_eq!(client.get(&object).await.expect("is answered").varbinds[0].value, Theirs::NoSuchObject);
}

#[tokio::test]
async fn a_get_of_v1_brings_all_but_counter64() {
    let served = Served::start();
    let client = served.client(Auth::v1("public")).await;
    for (arcs, value) in objects() {
        let answer = client.get(&Oid::new(arcs.clone())).await;
        match value {
            Theirs::Counter64(_) => {
                let error = answer.expect_err("v1 has no such type");
                assert!(matches!(*error, Error::Snmp { status: ErrorStatus::NoSuchName, .. }), "{error:?}");
            }
            value => assert_eq!(pairs(answer.expect("is answered").varbinds), [(arcs, value)]),
        }
    }
}

#[tokio::test]
async fn walks_of_every_kind_bring_all_objects_in_order() {
    let served = Served::start();
    let client = served.client(Auth::v2c("public")).await;
    let root = || Oid::new(ROOT);
    let by_next = client.walk_getnext(root()).expect("is a walk").collect().await.expect("ends well");
    assert_eq!(pairs(by_next), objects());
    for repetitions in [1, 7, 50, 1000] {
        let by_bulk = client.bulk_walk(root(), repetitions).expect("is a walk").collect().await.expect("ends well");
        assert_eq!(pairs(by_bulk), objects(), "{repetitions} repetitions");
    }
    let in_v1 = served.client(Auth::v1("public")).await.walk(root()).expect("is a walk").collect().await.expect("ends well");
    assert_eq!(pairs(in_v1), without_counter64());
}

#[tokio::test]
async fn a_bulk_request_repeats_only_what_is_to_be_repeated() {
    let served = Served::start();
    let client = served.client(Auth::v2c("public")).await;
    let all = objects();
    let name = |place: usize| Oid::new(all[place].0.clone());
    let answer = client.get_bulk(&[name(0), name(3), name(19)], 1, 2).await.expect("is answered");
    let expected = [1, 4, 20, 5, 21].map(|place: usize| all[place].clone());
    assert_eq!(pairs(answer), expected);
}

#[tokio::test]
async fn another_community_is_not_answered() {
    let served = Served::start();
    let builder = Client::builder(served.address, Auth::v2c("private")).request_timeout(Duration::from_millis(200));
    let client = builder.retry(async_snmp::Retry::none()).connect().await.expect("a socket can be had");
    let error = client.get(&Oid::new(objects()[0].0.clone())).await.expect_err("nobody answers");
    assert!(matches!(*error, Error::Timeout { .. }), "{error:?}");
}

/// Is the objects as the other engine's agent serves them.
struct Handler(Vec<(Vec<u32>, Theirs)>);

impl MibHandler for Handler {
    fn get<'a>(&'a self, _: &'a RequestContext, name: &'a Oid) -> BoxFuture<'a, HandlerResult<GetResult>> {
        let found = self.0.iter().find(|(arcs, _)| arcs == name.arcs());
        Box::pin(async move { Ok(found.map_or(GetResult::NoSuchObject, |(_, value)| GetResult::Value(value.clone()))) })
    }

    fn get_next<'a>(&'a self, _: &'a RequestContext, after: &'a Oid) -> BoxFuture<'a, HandlerResult<GetNextResult>> {
        let found = self.0.iter().find(|(arcs, _)| arcs[..] > *after.arcs());
        let binding = |(arcs, value): &(Vec<u32>, Theirs)| GetNextResult::Value(VarBind::new(Oid::new(arcs.clone()), value.clone()));
        Box::pin(async move { Ok(found.map_or(GetNextResult::EndOfMibView, binding)) })
    }
}

/// The other way round: their agent answers, and our decoder reads what it says.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn what_another_agent_says_is_read_as_it_was_meant() {
    let handler = Arc::new(Handler(objects()));
    let builder = Agent::builder().bind("127.0.0.1:0").community(b"public").handler(Oid::new(ROOT), handler).allow_all_access();
    let agent = Arc::new(builder.build().await.expect("a socket can be had"));
    let address = agent.local_addr();
    let running = agent.clone();
    tokio::spawn(async move { running.run().await });
    let read = tokio::task::spawn_blocking(move || (walk(address, Version::V2c), walk(address, Version::V1))).await.expect("no panic");
    agent.cancel();
    let told = |objects: Vec<(Vec<u32>, Theirs)>| -> Vec<String> {
        Held::of(&objects).0.iter().map(|object| format!("{} {:?}", OidRef::new(&object.0), Held::ours(object))).collect()
    };
    assert_eq!(read.0, told(objects()));
    assert_eq!(read.1, told(without_counter64()));
}

fn identifier(value: &Theirs) -> Vec<u8> {
    match value {
        Theirs::ObjectIdentifier(arcs) => oid::encode(arcs.arcs()),
        _ => Vec::new(),
    }
}

/// Asks for object after object with our encoder; returns what our decoder made of the answers.
fn walk(agent: SocketAddr, version: Version) -> Vec<String> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
    socket.set_read_timeout(Some(Duration::from_secs(5))).expect("the time is not zero");
    let root = oid::encode(&ROOT);
    let (mut position, mut told, mut datagram) = (root.clone(), Vec::new(), vec![0; 65_536]);
    for request_id in 1.. {
        let head = Head { version, community: b"public", kind: PduType::GetNext, request_id, first: 0, second: 0 };
        let mut request = Vec::new();
        push_message(&mut request, &head, |out| push_name(out, &position, &[]));
        socket.send_to(&request, agent).expect("loopback takes it");
        let length = socket.recv(&mut datagram).expect("is answered");
        let Ok(Message { pdu: Pdu::Plain(mut pdu), .. }) = Message::parse(&datagram[..length]) else { panic!("is a response") };
        assert_eq!((pdu.kind, pdu.request_id), (PduType::Response, request_id));
        let binding = pdu.varbinds.next().expect("holds an object").expect("is well formed");
        if pdu.first != 0 || binding.is_exception() || !binding.name.as_octets().starts_with(&root) {
            break;
        }
        told.push(format!("{} {:?}", binding.name, binding.value().expect("is well formed")));
        position = binding.name.as_octets().to_vec();
    }
    told
}
