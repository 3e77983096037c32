//! Keys beside those that the standards print.
//!
//! No key can be had from the engine, so they are known by what they do: the vector's key must
//! make the digest of a message that the engine sealed, and open what it hid.

use std::sync::Arc;

use cryptography::Module;
use snmp::message::{PduHead, PduType};
use snmp::usm::protection::{Cover, push_protected};
use snmp::usm::{Authentication, Crypto, KeyExtension, Level, Privacy, User, Words};
use snmp::v3::{EngineId, Envelope, Scoped, push_scoped};

use crate::common::{PRIV, push_name_pdu, user_of};

fn octets(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(|digit| !digit.is_ascii_whitespace()).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// Is the engine of RFC 3414 §A.3: 00 00 00 00 00 00 00 00 00 00 00 02.
fn engine() -> EngineId {
    EngineId::new(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]).unwrap()
}

fn sealed(user: &User) -> Vec<u8> {
    let keys = user.keys(&Module, engine());
    let (boots, time) = (3, 4711);
    let cover =
        Cover { id: 9, level: user.level(), is_reportable: true, engine_id: engine(), boots, time, user: b"bert", salt: 0x0102_0304 };
    let mut out = Vec::new();
    let head = PduHead { kind: PduType::Response, request_id: 9, first: 0, second: 0 };
    push_protected(&mut out, &Module, &keys, &cover, |out| push_scoped(out, b"", b"", |out| push_name_pdu(out, &head)));
    out
}

#[track_caller]
fn authentication_key_is(hash: Authentication, password: &str, key: &str) {
    let words = Words { name: "bert", authentication: Some((hash, password)), privacy: None, extension: KeyExtension::Reeder, context: "" };
    let message = sealed(&user_of(&words));
    let envelope = Envelope::parse(&message).unwrap();
    let (before, behind) = envelope.around_mac;
    let expected = Module.hmac(hash, &octets(key), &[before, &[0; 64][..hash.mac_octets()], behind]);
    assert_eq!(envelope.mac, &expected[..hash.mac_octets()], "{hash}");
}

/// Opens with the vector's key what the engine hid; of AES only, whose IV is boots, time and salt.
#[track_caller]
fn aes_key_is(hash: Authentication, privacy: Privacy, extension: KeyExtension, key: &str) {
    let message = sealed(&aes_user(hash, privacy, extension));
    let envelope = Envelope::parse(&message).unwrap();
    assert_eq!(envelope.level, Level::AuthPriv);
    let iv = [&envelope.boots.to_be_bytes()[..], &envelope.time.to_be_bytes(), envelope.salt].concat();
    let mut hidden = envelope.data.to_vec();
    Module.decrypt(privacy, &octets(key), &iv, &mut hidden);
    assert!(Scoped::parse(&hidden).is_ok(), "{hash} {privacy} {extension}");
}

fn aes_user(hash: Authentication, privacy: Privacy, extension: KeyExtension) -> Arc<User> {
    let authentication = Some((hash, PRIV));
    user_of(&Words { name: "bert", authentication, privacy: Some((privacy, "maplesyrup")), extension, context: "" })
}

/// RFC 3414 §A.3.1 and the new key of §A.5.1.
#[test]
fn rfc_3414_a_3_1_password_to_key_with_md5() {
    if cryptography::IS_FIPS {
        return; // MD5 is not approved.
    }
    authentication_key_is(Authentication::Md5, "maplesyrup", "526f5eed9fcce26f8964c2930787d82b");
    authentication_key_is(Authentication::Md5, "newsyrup", "87021d7bd9d101ba05ea6e3bf9d9bd4a");
}

/// RFC 3414 §A.3.2 and the new key of §A.5.2.
#[test]
fn rfc_3414_a_3_2_password_to_key_with_sha_1() {
    authentication_key_is(Authentication::Sha1, "maplesyrup", "6695febc9288e36282235fc7151f128497b38f3f");
    authentication_key_is(Authentication::Sha1, "newsyrup", "78e2dcce79d59403b58c1bbaa5bff46391f1cd25");
}

/// RFC 3826 §1.2.1 has no key of its own: it takes the first 16 octets of a localized one.
#[test]
fn rfc_3826_takes_the_first_octets_of_a_localized_key() {
    aes_key_is(Authentication::Sha1, Privacy::Aes128, KeyExtension::Reeder, "6695febc9288e36282235fc7151f1284");
    aes_key_is(Authentication::Sha1, Privacy::Aes128, KeyExtension::Blumenthal, "6695febc9288e36282235fc7151f1284");
}

/// draft-reeder-snmpv3-usm-3desede-00 §B.1 and §B.2; AES is extended by the same rule where anybody uses it.
#[test]
fn draft_reeder_b_2_extends_sha_1() {
    let key = "6695febc9288e36282235fc7151f128497b38f3f9b8b6d78936ba6e7d19dfd9c";
    aes_key_is(Authentication::Sha1, Privacy::Aes256, KeyExtension::Reeder, key);
    aes_key_is(Authentication::Sha1, Privacy::Aes192, KeyExtension::Reeder, &key[..48]);
}

#[test]
fn draft_reeder_b_1_extends_md5() {
    if cryptography::IS_FIPS {
        return; // MD5 is not approved.
    }
    let key = "526f5eed9fcce26f8964c2930787d82b79eff44a90650ee0a3a40abfac5acc12";
    aes_key_is(Authentication::Md5, Privacy::Aes256, KeyExtension::Reeder, key);
}

/// draft-blumenthal-aes-usm-04 §3.1.2.1 prints no key: it appends the digest of the key so far.
#[test]
fn draft_blumenthal_extends_with_the_digest_of_the_key() {
    let short = octets("6695febc9288e36282235fc7151f128497b38f3f");
    let more = Module.digest(Authentication::Sha1, &short);
    let key: String = short.iter().chain(&more[..12]).map(|octet| format!("{octet:02x}")).collect();
    aes_key_is(Authentication::Sha1, Privacy::Aes256, KeyExtension::Blumenthal, &key);
    aes_key_is(Authentication::Sha1, Privacy::Aes192, KeyExtension::Blumenthal, &key[..48]);
}

/// RFC 7860 §4.2 prints no key; its digests are cut to these lengths.
#[test]
fn rfc_7860_cuts_its_digests() {
    let lengths = Authentication::ALL.map(|hash| (hash.digest_octets(), hash.mac_octets()));
    assert_eq!(lengths, [(16, 12), (20, 12), (28, 16), (32, 24), (48, 32), (64, 48)]);
}

/// The engine of a long user survives: 32 octets of name, 32 of engine.
#[test]
fn the_longest_user_at_the_longest_engine_is_proved() {
    let name = "n".repeat(32);
    let words = Words { name: &name, context: &"c".repeat(255), ..aes_words() };
    let user = user_of(&words);
    let engine_id = EngineId::new(&[7; 32]).unwrap();
    let keys = user.keys(&Module, engine_id);
    let cover = Cover { id: 9, level: Level::AuthPriv, is_reportable: true, engine_id, boots: 1, time: 1, user: name.as_bytes(), salt: 1 };
    let mut out = Vec::new();
    push_protected(&mut out, &Module, &keys, &cover, |out| {
        push_scoped(out, engine_id.as_octets(), words.context.as_bytes(), |out| {
            push_name_pdu(out, &PduHead { kind: PduType::Get, request_id: 9, first: 0, second: 0 });
        });
    });
    let envelope = Envelope::parse(&out).unwrap();
    let mut room = Vec::new();
    let octets = snmp::usm::protection::uncover(&envelope, &Module, &keys, Level::AuthPriv, &mut room).unwrap();
    assert_eq!(Scoped::parse(octets).unwrap().context.len(), 255);
}

fn aes_words() -> Words<'static> {
    crate::common::words(Some(Authentication::Sha512), Some(Privacy::Aes256))
}
