//! What is checked of every request before anything else, and said with every answer.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use webui::{Problem, Program, headers};

use super::App;

/// Returns the names by which the page may be called: those configured, and this host's own on loopback.
pub fn hosts(configured: &[String], address: IpAddr) -> Vec<String> {
    let mut hosts: Vec<String> = configured.iter().map(|host| host.to_ascii_lowercase()).collect();
    hosts.extend(["localhost", "127.0.0.1", "[::1]"].map(str::to_owned));
    if !address.is_unspecified() {
        hosts.push(if address.is_ipv6() { format!("[{address}]") } else { address.to_string() });
    }
    hosts
}

/// Lets a request in if it calls the page by one of its names, and writes into every answer what
/// browsers are to know.
///
/// A name that somebody has pointed at this host ("DNS rebinding") is none of them: with it, another
/// site's script could talk to the page as if it were its own.
pub async fn guard(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let is_known = host.is_some_and(|host| app.hosts.iter().any(|known| *known == name_of(host)));
    let mut response = if !is_known {
        let advice = "Call it by localhost or its address; other names have to be listed in [page] hosts of its configuration.";
        refuse(StatusCode::MISDIRECTED_REQUEST, "This page is not called so", advice)
    } else if comes_from_elsewhere(&request) {
        refuse(StatusCode::FORBIDDEN, "This came from another site", "Nothing was done. Open the page itself, and use its forms.")
    } else {
        next.run(request).await
    };
    let answer = response.headers_mut();
    for (name, value) in headers::ALL {
        let name = HeaderName::from_static(name);
        // A download says its own type, and the stylesheet how long it may be kept.
        answer.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Returns whether a browser says that another site makes it send this.
///
/// Source: W3C Fetch Metadata Request Headers, Sec-Fetch-Site.
fn comes_from_elsewhere(request: &Request) -> bool {
    let changes = request.method() != Method::GET && request.method() != Method::HEAD;
    let site = request.headers().get("sec-fetch-site").map(HeaderValue::as_bytes);
    changes && site.is_some_and(|site| site != b"same-origin" && site != b"none")
}

/// Returns the name in a Host field, in lower case and without the port.
fn name_of(host: &str) -> String {
    let host = host.to_ascii_lowercase();
    let end = match host.rfind(']') {
        Some(bracket) => bracket + 1,
        None => host.find(':').unwrap_or(host.len()),
    };
    host[..end].to_owned()
}

/// Makes an answer that is a refusal.
pub fn refuse(status: StatusCode, title: &str, advice: &str) -> Response {
    let text = Problem::new(status.as_u16(), title, advice).render(Program::Agent, None);
    (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_without_its_port() {
        for (host, name) in [("localhost:8444", "localhost"), ("LOCALHOST", "localhost"), ("[::1]:8444", "[::1]"), ("a.b:1", "a.b")] {
            assert_eq!(name_of(host), name);
        }
    }

    #[test]
    fn the_page_is_called_by_its_own_names() {
        let hosts = hosts(&["Agent.Example".to_owned()], "10.0.0.5".parse().unwrap());
        assert_eq!(hosts, ["agent.example", "localhost", "127.0.0.1", "[::1]", "10.0.0.5"]);
    }
}
