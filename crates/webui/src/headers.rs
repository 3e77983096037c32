//! The header fields that go with every page.

/// Says what a page may load: the stylesheet, and pictures that stand in it.
///
/// `frame-ancestors` and `base-uri` do not inherit from `default-src`, so they are said as well.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; \
                                           frame-ancestors 'none'; base-uri 'none'";

/// Lists the fields of a page, in lower case as HTTP/2 wants them.
///
/// Pages are not kept by browsers: they show what a customer's printers say.
pub const ALL: [(&str, &str); 7] = [
    ("content-type", "text/html; charset=utf-8"),
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("cache-control", "no-store"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
];
