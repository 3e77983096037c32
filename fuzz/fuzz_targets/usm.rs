//! Messages of v3: whatever arrives is read or refused by who asks, who is asked and who listens.
//!
//! Cryptography is a stand-in that chance can pass: every proof is of zeros and nothing is hidden, so
//! that what stands behind a proof is reached too.
#![no_main]

use std::sync::{Arc, OnceLock};

use libfuzzer_sys::fuzz_target;
use sim::recording::Recording;
use snmp::notification::Receiver;
use snmp::responder::{Manners, respond_v3};
use snmp::usm::{Authentication, Authority, Crypto, Digest, KeyExtension, Privacy, Remote, Talk, User, Words};
use snmp::v3::{EngineId, Envelope, Scoped};

/// Proves with zeros, and hides nothing.
#[derive(Debug)]
struct Weak;

impl Crypto for Weak {
    fn permits_authentication(&self, _: Authentication) -> Result<(), String> {
        Ok(())
    }

    fn permits_privacy(&self, _: Privacy) -> Result<(), String> {
        Ok(())
    }

    fn digest(&self, _: Authentication, octets: &[u8]) -> Digest {
        [octets.iter().fold(0, |sum: u8, octet| sum.wrapping_add(*octet)); 64]
    }

    fn hmac(&self, _: Authentication, _: &[u8], _: &[&[u8]]) -> Digest {
        [0; 64]
    }

    fn encrypt(&self, _: Privacy, key: &[u8], iv: &[u8], octets: &mut [u8]) {
        assert!(matches!((key.len(), iv.len()), (8 | 24, 8) | (16 | 24 | 32, 16)) && octets.len() < 1 << 20);
    }

    fn decrypt(&self, privacy: Privacy, key: &[u8], iv: &[u8], octets: &mut [u8]) {
        self.encrypt(privacy, key, iv, octets);
    }
}

static USERS: OnceLock<Vec<Arc<User>>> = OnceLock::new();
static RECORDING: OnceLock<Recording> = OnceLock::new();

fn users() -> &'static [Arc<User>] {
    USERS.get_or_init(|| {
        let protocols = [
            ("n", None, None),
            ("a", Some(Authentication::Md5), None),
            ("d", Some(Authentication::Sha1), Some(Privacy::Des)),
            ("p", Some(Authentication::Sha256), Some(Privacy::Aes256)),
        ];
        let user = |(name, hash, cipher): (&str, Option<Authentication>, Option<Privacy>)| {
            let (authentication, privacy) = (hash.map(|hash| (hash, "password")), cipher.map(|cipher| (cipher, "password")));
            let words = Words { name, authentication, privacy, extension: KeyExtension::Blumenthal, context: "" };
            Arc::new(User::new(&Weak, &words).expect("these words are allowed"))
        };
        protocols.into_iter().map(user).collect()
    })
}

fn authority() -> Authority {
    let mut authority = Authority::new(Arc::new(Weak), EngineId::new(b"e").expect("is short"), 3, 1);
    users().iter().for_each(|user| authority.add_user(user.clone()));
    authority
}

fuzz_target!(|input: (u8, u16, Vec<Vec<u8>>)| {
    let (which, room_for_answers, datagrams) = input;
    let recording = RECORDING.get_or_init(|| Recording::parse("fuzz", "1.3.6.1.2.1.1.1.0|4|a printer\n").expect("well formed"));
    let (mut asked, mut out) = (authority(), Vec::new());
    let mut receiver = Receiver::new(Arc::new(Weak), authority());
    receiver.add_community(b"public");
    users().iter().for_each(|user| receiver.add_user(user.clone()));
    let known = (which & 4 != 0).then(|| Remote::told(EngineId::new(b"e").expect("is short"), 3, 100, 0));
    let mut talk = Talk::new(&Weak, users()[usize::from(which) % 4].clone(), known);
    let manners = Manners { largest_response: usize::from(room_for_answers), ..Manners::default() };
    let mut again = 0;
    for (second, datagram) in (0..).zip(&datagrams) {
        out.clear();
        if respond_v3(datagram, recording, &manners, &mut asked, second, &mut out) {
            let answer = Envelope::parse(&out).expect("what we write is read");
            assert!(out.len() <= usize::from(room_for_answers).max(datagram.len() + 160).max(484));
            assert_eq!(answer.id, Envelope::parse(datagram).expect("only what is read is answered").id);
        }
        out.clear();
        let _ = receiver.take(u64::from(second) * 1_000_000, datagram, &mut out);
        if let Ok(envelope) = Envelope::parse(datagram) {
            let _ = Scoped::parse(envelope.data);
            let mut room = Vec::new();
            match talk.take(&Weak, u64::from(second) * 1_000_000, &envelope, &mut room) {
                snmp::usm::Taken::AskAgain => again += 1,
                snmp::usm::Taken::Answer(pdu) => {
                    assert_eq!(pdu.request_id, envelope.id);
                    again = 0;
                }
                _ => {}
            }
            assert!(again <= u32::from(snmp::usm::talk::MOST_REPORTS));
        }
    }
});
