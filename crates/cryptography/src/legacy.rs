//! What is no longer to be relied on, for devices that have nothing better: MD5, DES and 3DES.
//!
//! From RustCrypto, not from AWS-LC, which has DES only in its newer releases and calls it deprecated.

use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, InnerIvInit, KeyInit, KeyIvInit};
use cbc::{Decryptor, Encryptor};
use des::{Des, TdesEde3};
use hmac::{Hmac, Mac};
use md5::{Digest, Md5};
use snmp::usm::Privacy;

pub fn md5(octets: &[u8]) -> [u8; 16] {
    Md5::digest(octets).into()
}

pub fn hmac_md5(key: &[u8], parts: &[&[u8]]) -> [u8; 16] {
    let mut mac = <Hmac<Md5> as KeyInit>::new_from_slice(key).expect("HMAC takes a key of any length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

pub fn encrypt(privacy: Privacy, key: &[u8], iv: &[u8], octets: &mut [u8]) {
    match privacy {
        Privacy::Des => encrypt_with::<Des>(key, iv, octets),
        Privacy::TripleDes => encrypt_with::<TdesEde3>(key, iv, octets),
        Privacy::Aes128 | Privacy::Aes192 | Privacy::Aes256 => unreachable!("AES is AWS-LC's"),
    }
}

pub fn decrypt(privacy: Privacy, key: &[u8], iv: &[u8], octets: &mut [u8]) {
    match privacy {
        Privacy::Des => decrypt_with::<Des>(key, iv, octets),
        Privacy::TripleDes => decrypt_with::<TdesEde3>(key, iv, octets),
        Privacy::Aes128 | Privacy::Aes192 | Privacy::Aes256 => unreachable!("AES is AWS-LC's"),
    }
}

fn encrypt_with<C: BlockCipherEncrypt + KeyInit>(key: &[u8], iv: &[u8], octets: &mut [u8])
where
    Encryptor<C>: KeyIvInit + InnerIvInit,
{
    let mode = Encryptor::<C>::new_from_slices(key, iv).expect("key and IV have as many octets as the cipher takes");
    let length = octets.len();
    mode.encrypt_padded::<NoPadding>(octets, length).expect("whole blocks, as the trait demands");
}

fn decrypt_with<C: BlockCipherDecrypt + KeyInit>(key: &[u8], iv: &[u8], octets: &mut [u8])
where
    Decryptor<C>: KeyIvInit + InnerIvInit,
{
    let mode = Decryptor::<C>::new_from_slices(key, iv).expect("key and IV have as many octets as the cipher takes");
    mode.decrypt_padded::<NoPadding>(octets).expect("whole blocks, as the trait demands");
}
