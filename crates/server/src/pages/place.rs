//! Whether a request means this server: who leads a browser here under a name of their own gets no page.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::header;

use crate::app::App;
use crate::net::Peer;

/// Says whether the host that a request names is this server.
///
/// A server that nobody has given a name cannot tell; then the certificate alone stands in the way.
pub fn is_ours(app: &App, request: &Request) -> bool {
    let Some(host) = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).and_then(host_of) else { return false };
    if let Ok(address) = host.parse::<IpAddr>() {
        // An address is no name that somebody could point elsewhere.
        return request.extensions().get::<Peer>().is_some_and(|peer| {
            let local = peer.local.ip().to_canonical();
            address.to_canonical() == local || app.settings.tls.more_names.iter().any(|name| name == host) || is_public(app, host)
        });
    }
    app.settings.tls.name.is_none() || is_public(app, host) || host.eq_ignore_ascii_case("localhost") || is_more(app, host)
}

fn is_public(app: &App, host: &str) -> bool {
    app.settings.tls.name.as_deref().and_then(host_of).is_some_and(|public| public.eq_ignore_ascii_case(host))
}

fn is_more(app: &App, host: &str) -> bool {
    app.settings.tls.more_names.iter().any(|name| name.eq_ignore_ascii_case(host))
}

/// Returns the host of `host`, `host:port`, `[host]` or `[host]:port`.
fn host_of(text: &str) -> Option<&str> {
    if let Some(rest) = text.strip_prefix('[') {
        return rest.split_once(']').map(|(host, _)| host);
    }
    let host = text.rsplit_once(':').map_or(text, |(host, _)| host);
    (!host.is_empty()).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_found_with_and_without_a_port() {
        for (text, host) in
            [("a.example:8443", "a.example"), ("a.example", "a.example"), ("[::1]:8443", "::1"), ("127.0.0.1:1", "127.0.0.1")]
        {
            assert_eq!(host_of(text), Some(host));
        }
        assert_eq!(host_of(""), None);
    }
}
