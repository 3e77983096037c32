//! Finding what must not be told inside octets, and masking it without changing its shape.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Overwrites letters and digits by `x`, `X` and `0`; punctuation and blanks stay.
pub fn mask(octets: &mut [u8]) {
    for octet in octets {
        *octet = match octet {
            b'0'..=b'9' => b'0',
            b'A'..=b'Z' => b'X',
            b'a'..=b'z' | 0x80.. => b'x',
            _ => *octet,
        };
    }
}

/// Masks every occurrence of `secret`, in whatever case it stands.
pub fn mask_occurrences(octets: &mut [u8], secret: &[u8]) {
    for place in occurrences(octets, secret) {
        mask(&mut octets[place..place + secret.len()]);
    }
}

/// Returns where `secret` stands, in whatever case.
pub fn occurrences(octets: &[u8], secret: &[u8]) -> Vec<usize> {
    if secret.is_empty() {
        return Vec::new();
    }
    octets.windows(secret.len()).enumerate().filter(|(_, window)| window.eq_ignore_ascii_case(secret)).map(|(place, _)| place).collect()
}

/// Cuts what devices put around a text: blanks, NULs and other control octets.
pub fn trim(octets: &[u8]) -> &[u8] {
    let is_padding = |octet: &u8| *octet <= b' ' || *octet == 0x7f;
    let from = octets.iter().position(|octet| !is_padding(octet)).unwrap_or(octets.len());
    let to = octets.iter().rposition(|octet| !is_padding(octet)).map_or(from, |last| last + 1);
    &octets[from..to]
}

/// Returns whether a text is particular enough to be looked for in other values.
pub fn is_telling(text: &[u8]) -> bool {
    const COMMON: [&str; 8] = ["none", "public", "private", "printer", "unknown", "localhost", "<private>", "n/a"];
    let is_varied = text.iter().any(|octet| octet != &text[0]);
    text.len() >= 4 && is_varied && !COMMON.iter().any(|common| text.eq_ignore_ascii_case(common.as_bytes()))
}

/// Gives every address its stand-in: the same one wherever it occurs in a recording.
#[derive(Debug, Default)]
pub struct StandIns {
    v4: BTreeMap<Ipv4Addr, Ipv4Addr>,
    v6: BTreeMap<Ipv6Addr, Ipv6Addr>,
}

impl StandIns {
    /// Returns an address of the blocks that RFC 5737 keeps for documentation; loopback, masks
    /// and the unspecified address tell nothing and stay.
    pub fn v4(&mut self, address: Ipv4Addr) -> Ipv4Addr {
        if !tells_something(address) {
            return address;
        }
        let number = self.v4.len() as u32;
        *self.v4.entry(address).or_insert_with(|| {
            let [a, b, c] = [[192, 0, 2], [198, 51, 100], [203, 0, 113]][(number / 254 % 3) as usize];
            Ipv4Addr::new(a, b, c, (number % 254 + 1) as u8)
        })
    }

    /// Returns an address of the block that RFC 3849 keeps for documentation.
    pub fn v6(&mut self, address: Ipv6Addr) -> Ipv6Addr {
        if address.is_loopback() || address.is_unspecified() || address.is_multicast() {
            return address;
        }
        let number = self.v6.len() as u16 + 1;
        *self.v6.entry(address).or_insert(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, number))
    }

    /// Returns the stand-in of an address that has one already.
    pub fn known(&self, address: Ipv4Addr) -> Option<Ipv4Addr> {
        self.v4.get(&address).copied()
    }
}

/// Returns whether an address names a host or a network of the site.
pub fn tells_something(address: Ipv4Addr) -> bool {
    let [first, ..] = address.octets();
    !(first == 0 || first == 127 || first >= 224)
}

/// Replaces every address written in a text.
///
/// A version of four small numbers reads like an address, and is replaced as well.
pub fn replace_addresses(octets: &[u8], stand_ins: &mut StandIns) -> Vec<u8> {
    replace_tokens(
        octets,
        |octet| octet.is_ascii_hexdigit() || matches!(octet, b'.' | b':'),
        |token| {
            let trimmed = token.trim_end_matches(['.', ':']);
            let rest = &token[trimmed.len()..];
            if let Ok(address) = trimmed.parse::<Ipv4Addr>() {
                return Some(format!("{}{rest}", stand_ins.v4(address)));
            }
            if let Some((host, port)) = trimmed.split_once(':')
                && let Ok(address) = host.parse::<Ipv4Addr>()
            {
                return Some(format!("{}:{port}{rest}", stand_ins.v4(address)));
            }
            let address = trimmed.parse::<Ipv6Addr>().ok()?;
            Some(format!("{}{rest}", stand_ins.v6(address)))
        },
    )
}

/// Replaces the last three octets of every MAC address written with colons or dashes by zeros.
pub fn blank_written_macs(octets: &mut [u8]) {
    const LENGTH: usize = 17;
    let is_mac = |text: &[u8]| {
        text.iter().enumerate().all(|(place, octet)| match place % 3 {
            2 => *octet == text[2] && matches!(octet, b':' | b'-'),
            _ => octet.is_ascii_hexdigit(),
        })
    };
    for start in 0..octets.len().saturating_sub(LENGTH - 1) {
        if is_mac(&octets[start..start + LENGTH]) {
            octets[start + 9..start + LENGTH].iter_mut().filter(|octet| octet.is_ascii_hexdigit()).for_each(|octet| *octet = b'0');
        }
    }
}

/// Replaces every e-mail address.
pub fn replace_mail_addresses(octets: &[u8]) -> Vec<u8> {
    let belongs = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'@' | b'.' | b'_' | b'%' | b'+' | b'-');
    replace_tokens(octets, belongs, |token| {
        let (person, domain) = token.split_once('@')?;
        (!person.is_empty() && domain.contains('.')).then(|| "user@example.com".to_owned())
    })
}

/// Replaces those runs of octets of a kind for which `replacement` gives one.
fn replace_tokens(octets: &[u8], belongs: impl Fn(u8) -> bool, mut replacement: impl FnMut(&str) -> Option<String>) -> Vec<u8> {
    let mut out = Vec::with_capacity(octets.len());
    for run in octets.chunk_by(|a, b| belongs(*a) == belongs(*b)) {
        let replaced = std::str::from_utf8(run).ok().filter(|_| belongs(run[0])).and_then(&mut replacement);
        match replaced {
            Some(text) => out.extend_from_slice(text.as_bytes()),
            None => out.extend_from_slice(run),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(text: &str) -> String {
        String::from_utf8(replace_addresses(text.as_bytes(), &mut StandIns::default())).unwrap()
    }

    #[test]
    fn masks_keep_the_shape() {
        let mut text = "Ab-12 é".as_bytes().to_vec();
        mask(&mut text);
        assert_eq!(text, b"Xx-00 xx");
        let mut text = b"SN qx123, SN QX123, QX12".to_vec();
        mask_occurrences(&mut text, b"QX123");
        assert_eq!(text, b"SN xx000, SN XX000, QX12");
    }

    #[test]
    fn addresses_in_texts_get_stand_ins_and_other_numbers_stay() {
        assert_eq!(addresses("http://10.0.0.7:631/ipp via 10.0.0.1."), "http://192.0.2.1:631/ipp via 192.0.2.2.");
        assert_eq!(addresses("10.0.0.7 10.0.0.8 10.0.0.7"), "192.0.2.1 192.0.2.2 192.0.2.1");
        assert_eq!(addresses("fe80::200:5eff:fe0a:b0c, 127.0.0.1, 255.255.255.0"), "2001:db8::1, 127.0.0.1, 255.255.255.0");
        assert_eq!(addresses("114.010.003.09500 at 12:30:45, 4.17.2"), "114.010.003.09500 at 12:30:45, 4.17.2");
    }

    #[test]
    fn mail_and_mac_addresses_in_texts_are_found() {
        assert_eq!(replace_mail_addresses(b"ask jan.jansen@corp.example.nl, or @home"), b"ask user@example.com, or @home");
        let mut text = b"eth 00:00:5e:0a:0b:0c 00-00-5E-0A-0B-0C 00:00-5e:0a:0b:0c".to_vec();
        blank_written_macs(&mut text);
        assert_eq!(text, b"eth 00:00:5e:00:00:00 00-00-5E-00-00-00 00:00-5e:0a:0b:0c");
    }

    #[test]
    fn texts_that_say_nothing_are_not_looked_for() {
        assert!(is_telling(b"QX1234567"));
        assert!(![&b"abc"[..], b"00000000", b"Public", b"None", b""].iter().any(|text| is_telling(text)));
        assert_eq!(trim(b"\x01\x15 QX1 \0\0"), b"QX1");
    }
}
