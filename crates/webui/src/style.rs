//! The one stylesheet, under an address that changes when it does.

use std::sync::LazyLock;

/// Is the stylesheet; serve it at [`PATH`] as `text/css; charset=utf-8`.
pub const STYLE: &str = include_str!("../assets/style.css");

/// Is where the stylesheet is served; the pages add `?v=` and a hash of its contents.
pub const PATH: &str = "/assets/style.css";

/// Is the header field with which the stylesheet may be kept: its address changes with its contents.
pub const CACHE_CONTROL: &str = "public, max-age=31536000, immutable";

/// Returns the address by which the pages ask for the stylesheet.
pub fn address() -> &'static str {
    static ADDRESS: LazyLock<String> = LazyLock::new(|| format!("{PATH}?v={:016x}", hash(STYLE.as_bytes())));
    &ADDRESS
}

/// Returns FNV-1a with 64 bits; it tells versions apart and protects nothing.
fn hash(octets: &[u8]) -> u64 {
    octets.iter().fold(0xcbf2_9ce4_8422_2325, |hash, octet| (hash ^ u64::from(*octet)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_changes_with_the_contents() {
        assert_ne!(hash(b"a{}"), hash(b"b{}"));
        assert!(address().starts_with("/assets/style.css?v="));
    }

    #[test]
    fn the_stylesheet_loads_nothing_from_elsewhere() {
        for loaded in ["@import", "url(", "http"] {
            assert!(!STYLE.contains(loaded), "{loaded}");
        }
    }
}
