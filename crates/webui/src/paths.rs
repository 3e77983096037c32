//! Addresses of pages that show one thing.

/// Returns the address of a page, with an id as one segment of it.
pub(crate) fn page_of(room: &str, id: &str) -> String {
    let mut address = format!("/{room}/");
    for octet in id.bytes() {
        match octet {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => address.push(char::from(octet)),
            other => address.push_str(&format!("%{other:02X}")),
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stays_one_segment() {
        assert_eq!(page_of("devices", "019ab-7"), "/devices/019ab-7");
        assert_eq!(page_of("devices", "a/b?c#d"), "/devices/a%2Fb%3Fc%23d");
    }
}
