//! Status codes.

use std::fmt;

/// Is the status code of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(pub u16);

impl Status {
    pub const OK: Status = Status(0x0000);
    pub const OK_IGNORED_OR_SUBSTITUTED_ATTRIBUTES: Status = Status(0x0001);
    pub const FORBIDDEN: Status = Status(0x0401);
    pub const NOT_AUTHENTICATED: Status = Status(0x0402);
    pub const NOT_AUTHORIZED: Status = Status(0x0403);
    pub const NOT_FOUND: Status = Status(0x0406);
    pub const SERVICE_UNAVAILABLE: Status = Status(0x0502);
    pub const VERSION_NOT_SUPPORTED: Status = Status(0x0503);
    pub const BUSY: Status = Status(0x0507);

    /// Returns whether the request was carried out, perhaps with some of what was asked left out.
    pub fn is_success(self) -> bool {
        self.0 < 0x0100
    }

    /// Returns the name of the standard.
    ///
    /// Source: RFC 8011 §B.1, RFC 3995, RFC 3996, RFC 3998, PWG 5100.13.
    pub fn name(self) -> Option<&'static str> {
        let place = NAMES.binary_search_by_key(&self.0, |(code, _)| *code).ok()?;
        Some(NAMES[place].1)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name} (0x{:04x})", self.0),
            None => write!(f, "status 0x{:04x}", self.0),
        }
    }
}

/// Names by code, in order.
const NAMES: &[(u16, &str)] = &[
    (0x0000, "successful-ok"),
    (0x0001, "successful-ok-ignored-or-substituted-attributes"),
    (0x0002, "successful-ok-conflicting-attributes"),
    (0x0003, "successful-ok-ignored-subscriptions"),
    (0x0005, "successful-ok-too-many-events"),
    (0x0007, "successful-ok-events-complete"),
    (0x0400, "client-error-bad-request"),
    (0x0401, "client-error-forbidden"),
    (0x0402, "client-error-not-authenticated"),
    (0x0403, "client-error-not-authorized"),
    (0x0404, "client-error-not-possible"),
    (0x0405, "client-error-timeout"),
    (0x0406, "client-error-not-found"),
    (0x0407, "client-error-gone"),
    (0x0408, "client-error-request-entity-too-large"),
    (0x0409, "client-error-request-value-too-long"),
    (0x040a, "client-error-document-format-not-supported"),
    (0x040b, "client-error-attributes-or-values-not-supported"),
    (0x040c, "client-error-uri-scheme-not-supported"),
    (0x040d, "client-error-charset-not-supported"),
    (0x040e, "client-error-conflicting-attributes"),
    (0x040f, "client-error-compression-not-supported"),
    (0x0410, "client-error-compression-error"),
    (0x0411, "client-error-document-format-error"),
    (0x0412, "client-error-document-access-error"),
    (0x0413, "client-error-attributes-not-settable"),
    (0x0414, "client-error-ignored-all-subscriptions"),
    (0x0415, "client-error-too-many-subscriptions"),
    (0x0500, "server-error-internal-error"),
    (0x0501, "server-error-operation-not-supported"),
    (0x0502, "server-error-service-unavailable"),
    (0x0503, "server-error-version-not-supported"),
    (0x0504, "server-error-device-error"),
    (0x0505, "server-error-temporary-error"),
    (0x0506, "server-error-not-accepting-jobs"),
    (0x0507, "server-error-busy"),
    (0x0508, "server-error-job-canceled"),
    (0x0509, "server-error-multiple-document-jobs-not-supported"),
    (0x050a, "server-error-printer-is-deactivated"),
    (0x050b, "server-error-too-many-jobs"),
    (0x050c, "server-error-too-many-documents"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_in_order_and_have_their_names() {
        assert!(NAMES.is_sorted_by_key(|(code, _)| *code));
        assert_eq!(Status(0x0503).name(), Some("server-error-version-not-supported"));
        assert_eq!(Status::NOT_FOUND.to_string(), "client-error-not-found (0x0406)");
        assert_eq!(Status(0x0999).to_string(), "status 0x0999");
    }

    #[test]
    fn success_with_ignored_attributes_is_success() {
        assert!(Status::OK_IGNORED_OR_SUBSTITUTED_ATTRIBUTES.is_success());
        assert!(!Status::NOT_FOUND.is_success());
    }
}
