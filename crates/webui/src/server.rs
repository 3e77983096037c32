//! The server's pages.
//!
//! Their addresses, which links and forms use: `/` (fleet), `/devices/ID`, `/agents`, `/agents/ID`,
//! `POST /agents/ID/commands`, `/codes`, `POST /codes`, `/login`, `POST /login`, `POST /logout`.

pub mod agent;
pub mod agents;
pub mod codes;
pub mod device;
pub mod fleet;

pub use agent::Agent;
pub use agents::Agents;
pub use codes::Codes;
pub use device::Device;
pub use fleet::Fleet;

/// Is a place where devices stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteName {
    pub id: String,
    pub name: String,
}

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
