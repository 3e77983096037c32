//! Stands for `legacy` in programs that have nothing of it.
//!
//! Nobody comes here: what the module does not permit, no user has.

use snmp::usm::Privacy;

pub fn md5(_: &[u8]) -> [u8; 16] {
    unreachable!("MD5 is not permitted")
}

pub fn hmac_md5(_: &[u8], _: &[&[u8]]) -> [u8; 16] {
    unreachable!("MD5 is not permitted")
}

pub fn encrypt(privacy: Privacy, _: &[u8], _: &[u8], _: &mut [u8]) {
    unreachable!("{privacy} is not permitted")
}

pub fn decrypt(privacy: Privacy, _: &[u8], _: &[u8], _: &mut [u8]) {
    unreachable!("{privacy} is not permitted")
}
