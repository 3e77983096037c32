//! The module's answers beside those that the standards print.

use cryptography::Module;
use snmp::usm::{Authentication, Crypto, Privacy};

fn octets(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(|digit| !digit.is_ascii_whitespace()).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

#[track_caller]
fn hmac_is(authentication: Authentication, key: &[u8], text: &[u8], expected: &str) {
    let expected = octets(expected);
    assert_eq!(expected.len(), authentication.digest_octets());
    let (one, other) = text.split_at(3);
    for parts in [&[text][..], &[one, other][..], &[one, &[], other][..]] {
        assert_eq!(Module.hmac(authentication, key, parts)[..expected.len()], expected, "{authentication}");
    }
}

#[track_caller]
fn cipher_is(privacy: Privacy, key: &str, iv: &str, plain: &str, cipher: &str) {
    let (key, iv, plain, cipher) = (octets(key), octets(iv), octets(plain), octets(cipher));
    let mut text = plain.clone();
    Module.encrypt(privacy, &key, &iv, &mut text);
    assert_eq!(text, cipher, "{privacy}");
    Module.decrypt(privacy, &key, &iv, &mut text);
    assert_eq!(text, plain, "{privacy}");
}

#[track_caller]
fn digest_is(authentication: Authentication, text: &[u8], expected: &str) {
    let expected = octets(expected);
    assert_eq!(Module.digest(authentication, text)[..expected.len()], expected, "{authentication}");
}

#[test]
fn rfc_2202_hmac_sha_1() {
    hmac_is(Authentication::Sha1, &[0x0b; 20], b"Hi There", "b617318655057264e28bc0b6fb378c8ef146be00");
    hmac_is(Authentication::Sha1, b"Jefe", b"what do ya want for nothing?", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    // Longer than a block: the key is digested first.
    let text = b"Test Using Larger Than Block-Size Key - Hash Key First";
    hmac_is(Authentication::Sha1, &[0xaa; 80], text, "aa4ae5e15272d00e95705637ce8a3b55ed402112");
}

#[test]
fn rfc_4231_hmac_sha_2() {
    let (key, text) = (b"Jefe", b"what do ya want for nothing?");
    hmac_is(Authentication::Sha224, key, text, "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44");
    hmac_is(Authentication::Sha256, key, text, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    hmac_is(
        Authentication::Sha384,
        key,
        text,
        "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
    );
    hmac_is(
        Authentication::Sha512,
        key,
        text,
        "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554
         9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
    );
}

#[test]
fn fips_180_digests() {
    digest_is(Authentication::Sha1, b"abc", "a9993e364706816aba3e25717850c26c9cd0d89d");
    digest_is(Authentication::Sha224, b"abc", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7");
    digest_is(Authentication::Sha256, b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    digest_is(
        Authentication::Sha384,
        b"abc",
        "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
    );
    digest_is(
        Authentication::Sha512,
        b"abc",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a
         2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    );
}

/// The plain text and the IV of all examples in NIST SP 800-38A.
const PLAIN: &str = "6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51
                     30c81c46a35ce411e5fbc1191a0a52ef f69f2445df4f9b17ad2b417be66c3710";
const IV: &str = "000102030405060708090a0b0c0d0e0f";

#[test]
fn sp_800_38a_cfb128_aes_128() {
    cipher_is(
        Privacy::Aes128,
        "2b7e151628aed2a6abf7158809cf4f3c",
        IV,
        PLAIN,
        "3b3fd92eb72dad20333449f8e83cfb4a c8a64537a0b3a93fcde3cdad9f1ce58b
         26751f67a3cbb140b1808cf187a4f4df c04b05357c5d1c0eeac4c66f9ff7f2e6",
    );
}

#[test]
fn sp_800_38a_cfb128_aes_192() {
    cipher_is(
        Privacy::Aes192,
        "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
        IV,
        PLAIN,
        "cdc80d6fddf18cab34c25909c99a4174 67ce7f7f81173621961a2b70171d3d7a
         2e1e8a1dd59b88b1c8e60fed1efac4c9 c05f9f9ca9834fa042ae8fba584b09ff",
    );
}

#[test]
fn sp_800_38a_cfb128_aes_256() {
    cipher_is(
        Privacy::Aes256,
        "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
        IV,
        PLAIN,
        "dc7e84bfda79164b7ecd8486985d3860 39ffed143b28b1c832113c6331e5407b
         df10132415e54b92a13ed0a8267ae2f9 75a385741ab9cef82031623d55b1e471",
    );
}

#[test]
fn cfb_takes_less_than_a_block() {
    cipher_is(Privacy::Aes128, "2b7e151628aed2a6abf7158809cf4f3c", IV, "6bc1bee22e", "3b3fd92eb7");
    cipher_is(Privacy::Aes128, "2b7e151628aed2a6abf7158809cf4f3c", IV, "", "");
}

#[cfg(all(feature = "legacy", not(feature = "fips")))]
mod legacy {
    use super::*;

    #[test]
    fn rfc_2202_hmac_md5() {
        hmac_is(Authentication::Md5, &[0x0b; 16], b"Hi There", "9294727a3638bb1c13f48ef8158bfc9d");
        hmac_is(Authentication::Md5, b"Jefe", b"what do ya want for nothing?", "750c783e6ab0b503eaa86e310a5db738");
        let text = b"Test Using Larger Than Block-Size Key - Hash Key First";
        hmac_is(Authentication::Md5, &[0xaa; 80], text, "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd");
    }

    #[test]
    fn rfc_1321_md5() {
        digest_is(Authentication::Md5, b"message digest", "f96b697d7cb7938d525a2f31aaf161d0");
    }

    /// FIPS 81, appendix C, table C2: "Now is the time for all ".
    #[test]
    fn fips_81_des_cbc() {
        cipher_is(
            Privacy::Des,
            "0123456789abcdef",
            "1234567890abcdef",
            "4e6f772069732074 68652074696d6520 666f7220616c6c20",
            "e5c7cdde872bf27c 43e934008c389c0f 683788499a7c05f6",
        );
    }

    /// NIST, Cryptographic Standards and Guidelines, "TDES CBC", with three keys.
    #[test]
    fn nist_examples_triple_des_cbc() {
        cipher_is(
            Privacy::TripleDes,
            "0123456789abcdef 23456789abcdef01 456789abcdef0123",
            "f69f2445df4f9b17",
            "6bc1bee22e409f96 e93d7e117393172a ae2d8a571e03ac9c 9eb76fac45af8e51",
            "2079c3d53aa763e1 93b79e2569ab5262 516570481f25b50f 73c0bda85c8e0da7",
        );
    }

    #[test]
    fn everything_is_permitted() {
        for authentication in Authentication::ALL {
            assert_eq!(Module.permits_authentication(authentication), Ok(()));
        }
        for privacy in Privacy::ALL {
            assert_eq!(Module.permits_privacy(privacy), Ok(()));
        }
    }
}

#[cfg(feature = "fips")]
mod fips {
    use super::*;

    #[test]
    fn what_is_not_approved_is_refused_by_name() {
        let refusal = |text: &str, instead: &str| Err(format!("{text} is not approved (FIPS 140); give the device a user with {instead}"));
        assert_eq!(Module.permits_authentication(Authentication::Md5), refusal("MD5", "SHA-256"));
        assert_eq!(Module.permits_privacy(Privacy::Des), refusal("DES", "AES-128"));
        assert_eq!(Module.permits_privacy(Privacy::TripleDes), refusal("3DES", "AES-128"));
    }

    #[test]
    fn what_is_approved_is_permitted() {
        for authentication in Authentication::ALL.into_iter().filter(|one| !one.is_legacy()) {
            assert_eq!(Module.permits_authentication(authentication), Ok(()));
        }
        for privacy in [Privacy::Aes128, Privacy::Aes192, Privacy::Aes256] {
            assert_eq!(Module.permits_privacy(privacy), Ok(()));
        }
    }
}
