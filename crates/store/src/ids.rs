//! Ids: UUIDs of version 7, made by us and never by a database.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Says that a text is no id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an id such as 01890a5d-ac96-774b-bcce-b302099a8057")]
pub struct NotAnId;

macro_rules! id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Uuid);

        impl $name {
            /// Makes an id from its 16 octets.
            pub const fn from_octets(octets: [u8; 16]) -> Self {
                $name(Uuid::from_bytes(octets))
            }

            /// Returns the 16 octets, whose order is the order of making.
            pub const fn octets(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                $name(uuid)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.to_string()
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAnId;

            fn try_from(text: String) -> Result<Self, NotAnId> {
                text.parse()
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            /// Takes the hyphenated form only, so that one id has one text.
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                if text.len() != 36 {
                    return Err(NotAnId);
                }
                Uuid::try_parse(text).map($name).map_err(|_| NotAnId)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{self}")
            }
        }
    };
}

id!(
    /// Names a tenant: one service provider's customer, who never sees another.
    TenantId
);
id!(
    /// Names a site of a tenant.
    SiteId
);
id!(
    /// Names an agent or a device module; its text is the sender's user name.
    SenderId
);
id!(
    /// Names a device as the server knows it, whichever senders tell of it.
    DeviceId
);
id!(
    /// Names a person's account.
    UserId
);
id!(
    /// Names a token, so that it can be listed and revoked without its secret.
    TokenId
);

/// Makes an id that sorts by the time of its making.
pub(crate) fn new_id<T: From<Uuid>>(now: Timestamp) -> T {
    let millisecond = u64::try_from(now.as_millisecond()).unwrap_or(0);
    let chance = Uuid::now_v7().into_bytes();
    let mut random = [0; 10];
    // The last ten octets of a fresh id are chance but for version, variant and a counter.
    random.copy_from_slice(&chance[6..]);
    T::from(uuid::Builder::from_unix_timestamp_millis(millisecond, &random).into_uuid())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_sorts_by_the_time_of_its_making_and_reads_back() {
        let early: DeviceId = new_id("2026-11-25T12:00:00Z".parse().unwrap());
        let late: DeviceId = new_id("2026-11-25T12:00:01Z".parse().unwrap());
        assert!(early < late);
        assert_eq!(early.to_string().parse(), Ok(early));
        assert_eq!(DeviceId::from_octets(*early.octets()), early);
    }

    #[test]
    fn only_the_hyphenated_form_is_an_id() {
        for text in
            ["", "01890a5dac96774bbcceb302099a8057", "{01890a5d-ac96-774b-bcce-b302099a8057}", "01890a5d-ac96-774b-bcce-b302099a805g"]
        {
            assert_eq!(text.parse::<TenantId>(), Err(NotAnId), "{text}");
        }
    }

    #[test]
    fn ids_of_one_moment_differ() {
        let now = "2026-11-25T12:00:00Z".parse().unwrap();
        let ids: std::collections::BTreeSet<SiteId> = (0..1000).map(|_| new_id(now)).collect();
        assert_eq!(ids.len(), 1000);
    }
}
