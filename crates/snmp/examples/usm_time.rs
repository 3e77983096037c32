//! How long proving and hiding takes: `cargo run --release -p snmp --example usm_time`.
#![allow(clippy::disallowed_methods, reason = "a measurement looks at the clock")]

use std::hint::black_box;
use std::time::Instant;

use cryptography::Module;
use snmp::message::{PduHead, PduType, push_pdu, push_varbind};
use snmp::usm::protection::{Cover, push_protected, uncover};
use snmp::usm::{Authentication, KeyExtension, Keys, Level, Privacy, User, Words};
use snmp::v3::{EngineId, Envelope, Scoped, push_scoped};
use snmp::{OidRef, Value};

/// Is as much as an answer to a GETBULK usually has.
const ANSWER_OCTETS: usize = 1_200;
const ROUNDS: u32 = 20_000;
const DEVICES: u32 = 2_000;

fn main() {
    let usual = user(Authentication::Sha256, Privacy::Aes128, KeyExtension::Blumenthal);
    let long = user(Authentication::Sha1, Privacy::Aes256, KeyExtension::Reeder);
    let (seal, open) = messages(&usual);
    println!("an answer of {ANSWER_OCTETS} octets, {usual}: sealed in {seal:.1} µs, opened in {open:.1} µs");
    for user in [usual, long] {
        println!("{DEVICES} localized keys, {user}: {:.3} s", localized(&user));
    }
}

fn user(hash: Authentication, cipher: Privacy, extension: KeyExtension) -> User {
    let authentication = Some((hash, "an authentication password"));
    let words = Words { name: "service", authentication, privacy: Some((cipher, "a privacy password")), extension, context: "" };
    User::new(&Module, &words).expect("these words are allowed")
}

fn engine(number: u32) -> EngineId {
    EngineId::new(&[&[0x80, 0, 0, 0, 5, 1, 2, 3, 4, 5, 6, 7, 8][..], &number.to_be_bytes()].concat()).expect("17 octets fit")
}

/// Returns how long one message takes to seal and to open, in microseconds.
fn messages(user: &User) -> (f64, f64) {
    let keys = user.keys(&Module, engine(1));
    let (mut out, mut room, bindings) = (Vec::new(), Vec::new(), bindings());
    let began = Instant::now();
    for salt in 0..ROUNDS {
        out.clear();
        seal(&keys, salt, &bindings, &mut out);
        black_box(&out);
    }
    let sealed = began.elapsed();
    let began = Instant::now();
    for _ in 0..ROUNDS {
        let envelope = Envelope::parse(black_box(&out)).expect("just written");
        let octets = uncover(&envelope, &Module, &keys, Level::AuthPriv, &mut room).expect("just sealed");
        black_box(Scoped::parse(octets).expect("just sealed"));
    }
    let each = |time: std::time::Duration| time.as_secs_f64() * 1e6 / f64::from(ROUNDS);
    (each(sealed), each(began.elapsed()))
}

/// Writes the bindings of an answer; what they cost is not measured.
fn bindings() -> Vec<u8> {
    let (name, mut out) = (OidRef::new(&[0x2b, 6, 1, 2, 1, 43, 11, 1, 1, 9, 1, 1]), Vec::new());
    while out.len() < ANSWER_OCTETS - 140 {
        push_varbind(&mut out, name, Value::Integer(4711));
    }
    out
}

fn seal(keys: &Keys, salt: u32, bindings: &[u8], out: &mut Vec<u8>) {
    let cover = Cover {
        id: 1,
        level: Level::AuthPriv,
        is_reportable: false,
        engine_id: engine(1),
        boots: 3,
        time: 4711,
        user: b"service",
        salt: salt.into(),
    };
    let head = PduHead { kind: PduType::Response, request_id: 1, first: 0, second: 0 };
    push_protected(out, &Module, keys, &cover, |out| {
        push_scoped(out, engine(1).as_octets(), b"", |out| {
            push_pdu(out, &head, |out| out.extend_from_slice(bindings));
        });
    });
}

/// Returns how long the keys of all devices take, in seconds.
fn localized(user: &User) -> f64 {
    let began = Instant::now();
    (0..DEVICES).for_each(|number| {
        black_box(user.keys(&Module, engine(number)));
    });
    began.elapsed().as_secs_f64()
}
