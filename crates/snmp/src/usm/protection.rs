//! Proving and hiding one message, and the way back.

use std::fmt;

use super::algorithm::{Level, Privacy};
use super::crypto::Crypto;
use super::user::Keys;
use crate::v3::{Envelope, Head, push_message};

/// Is what stands before the scoped PDU of a message, but for what proving and hiding put there.
#[derive(Clone, Copy, Debug)]
pub struct Cover<'a> {
    pub id: i32,
    pub level: Level,
    pub is_reportable: bool,
    pub engine_id: crate::v3::EngineId,
    pub boots: u32,
    pub time: u32,
    pub user: &'a [u8],
    /// A number that never comes twice with the same key: it makes equal messages look different.
    pub salt: u64,
}

/// Says why a message is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unproved {
    /// It is less protected than what it must be, or than the keys at hand can prove.
    Level,
    /// The digest is another one than the key makes: changed on the way, or another password.
    Digest,
    /// What is hidden is no multiple of the cipher's block, or the salt is no salt.
    Hidden,
}

impl fmt::Display for Unproved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unproved::Level => "it is less protected than was asked for",
            Unproved::Digest => "its digest is wrong: another password or protocol, or it was changed on the way",
            Unproved::Hidden => "it cannot be decrypted",
        })
    }
}

/// Appends a message, proved and hidden as its level says; `scoped` writes the scoped PDU.
///
/// # Panics
/// If the keys lack what the level needs: whoever chooses the level has looked at the user.
pub fn push_protected(out: &mut Vec<u8>, crypto: &dyn Crypto, keys: &Keys, cover: &Cover<'_>, scoped: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    let authentication = keys.authentication.as_ref().filter(|_| cover.level >= Level::AuthNoPriv);
    let privacy = keys.privacy.as_ref().filter(|_| cover.level == Level::AuthPriv);
    assert!(cover.level == Level::NoAuthNoPriv || authentication.is_some(), "a level with authentication has its key");
    assert!(cover.level != Level::AuthPriv || privacy.is_some(), "a level with privacy has its key");
    let salt = privacy.map(|(protocol, _)| salt_octets(*protocol, cover.boots, cover.salt));
    let head = Head {
        id: cover.id,
        level: cover.level,
        is_reportable: cover.is_reportable,
        engine_id: cover.engine_id,
        boots: cover.boots,
        time: cover.time,
        user: cover.user,
        mac_octets: authentication.map_or(0, |(protocol, _)| protocol.mac_octets()),
        salt: salt.as_ref().map_or(&[], |salt| salt),
    };
    let mac_at = push_message(out, &head, |out| {
        let hidden_from = out.len();
        scoped(out);
        if let (Some((protocol, key)), Some(salt)) = (privacy, salt) {
            if protocol.block() > 1 {
                let octets = out.len() - hidden_from;
                out.resize(hidden_from + octets.next_multiple_of(protocol.block()), 0);
            }
            let (key, iv, octets_of_iv) = key_and_iv(*protocol, key.as_octets(), cover.boots, cover.time, salt);
            crypto.encrypt(*protocol, key, &iv[..octets_of_iv], &mut out[hidden_from..]);
        }
    });
    if let Some((protocol, key)) = authentication {
        let mac = crypto.hmac(*protocol, key.as_octets(), &[&out[start..]]);
        out[mac_at..mac_at + protocol.mac_octets()].copy_from_slice(&mac[..protocol.mac_octets()]);
    }
}

/// Proves a message and uncovers its scoped PDU, in `room` where it was hidden.
///
/// # Errors
/// Fails if the message is less protected than `least`, or if anything of it is not as the keys make it.
pub fn uncover<'o>(
    envelope: &Envelope<'o>,
    crypto: &dyn Crypto,
    keys: &Keys,
    least: Level,
    room: &'o mut Vec<u8>,
) -> Result<&'o [u8], Unproved> {
    if envelope.level < least {
        return Err(Unproved::Level);
    }
    if envelope.level == Level::NoAuthNoPriv {
        return Ok(envelope.data);
    }
    let (protocol, key) = keys.authentication.as_ref().ok_or(Unproved::Level)?;
    let zeros = [0; super::algorithm::LONGEST_DIGEST];
    let octets = protocol.mac_octets();
    let expected = crypto.hmac(*protocol, key.as_octets(), &[envelope.around_mac.0, &zeros[..octets], envelope.around_mac.1]);
    if !is_equal(&expected[..octets], envelope.mac) {
        return Err(Unproved::Digest);
    }
    if envelope.level == Level::AuthNoPriv {
        return Ok(envelope.data);
    }
    let (protocol, key) = keys.privacy.as_ref().ok_or(Unproved::Level)?;
    let salt: [u8; 8] = envelope.salt.try_into().map_err(|_| Unproved::Hidden)?;
    if !envelope.data.len().is_multiple_of(protocol.block()) {
        return Err(Unproved::Hidden);
    }
    room.clear();
    room.extend_from_slice(envelope.data);
    let (key, iv, octets_of_iv) = key_and_iv(*protocol, key.as_octets(), envelope.boots, envelope.time, salt);
    crypto.decrypt(*protocol, key, &iv[..octets_of_iv], room);
    Ok(room)
}

/// Compares in a time that tells nothing of where two digests differ.
fn is_equal(one: &[u8], other: &[u8]) -> bool {
    let difference = one.iter().zip(other).fold(0, |difference, (a, b)| difference | (a ^ b));
    one.len() == other.len() && std::hint::black_box(difference) == 0
}

impl Privacy {
    /// Returns the size of the blocks that a hidden PDU consists of.
    fn block(self) -> usize {
        match self {
            Privacy::Des | Privacy::TripleDes => 8,
            Privacy::Aes128 | Privacy::Aes192 | Privacy::Aes256 => 1,
        }
    }
}

/// Returns the salt as it travels.
///
/// Source: RFC 3414 §8.1.1.1 (boots, and a number of our own), RFC 3826 §3.1.2.1 (64 bits of our own).
fn salt_octets(protocol: Privacy, boots: u32, salt: u64) -> [u8; 8] {
    match protocol {
        Privacy::Des | Privacy::TripleDes => (u64::from(boots) << 32 | salt & 0xffff_ffff).to_be_bytes(),
        _ => salt.to_be_bytes(),
    }
}

/// Returns what the cipher takes as key and as initialisation vector, and how long the vector is.
///
/// Source: RFC 3414 §8.1.1.1 (DES: the key's second half masks the salt), RFC 3826 §3.1.2.1 (AES).
fn key_and_iv(protocol: Privacy, key: &[u8], boots: u32, time: u32, salt: [u8; 8]) -> (&[u8], [u8; 16], usize) {
    let mut iv = [0; 16];
    match protocol {
        Privacy::Des | Privacy::TripleDes => {
            let (key, mask) = key.split_at(key.len() - 8);
            iv.iter_mut().zip(mask.iter().zip(salt)).for_each(|(iv, (mask, salt))| *iv = mask ^ salt);
            (key, iv, 8)
        }
        _ => {
            iv[..4].copy_from_slice(&boots.to_be_bytes());
            iv[4..8].copy_from_slice(&time.to_be_bytes());
            iv[8..].copy_from_slice(&salt);
            (key, iv, 16)
        }
    }
}
