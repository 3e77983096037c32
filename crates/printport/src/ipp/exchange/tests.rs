use super::*;
use crate::ipp::Value;
use crate::ipp::groups::{ALL, METERS, STATE};

const TARGET: fn() -> Target = || Target { host: "printer.example".into(), port: 631, is_tls: false };
const TWO: &[Wanted] = &[STATE, METERS];

fn exchange(groups: &'static [Wanted]) -> Exchange {
    Exchange::new(TARGET(), PATHS, groups)
}

/// Is a response with a status and some integers in its printer group.
fn response(request: &Request, status: u16, attributes: &[(&str, i32)]) -> Vec<u8> {
    let mut out = [&[2, 0][..], &status.to_be_bytes(), &request.body[4..8], &[4]].concat();
    for (name, number) in attributes {
        out.extend([&[0x21][..], &(name.len() as u16).to_be_bytes(), name.as_bytes(), &[0, 4], &number.to_be_bytes()].concat());
    }
    out.push(3);
    out
}

fn ipp(body: &[u8]) -> Reply<'_> {
    Reply { http_status: 200, content_type: Some("application/ipp"), location: None, body }
}

fn http(http_status: u16) -> Reply<'static> {
    Reply { http_status, content_type: Some("text/html"), location: None, body: b"<html>" }
}

fn redirect(location: &str) -> Reply<'_> {
    Reply { location: Some(location), ..http(307) }
}

fn next(exchange: &mut Exchange) -> Request {
    exchange.poll_request().expect("a request")
}

fn answer(exchange: &mut Exchange, status: u16, attributes: &[(&str, i32)]) -> Request {
    let request = next(exchange);
    exchange.handle_response(ipp(&response(&request, status, attributes)));
    request
}

fn problems(answers: &Answers) -> Vec<String> {
    answers.problems.iter().map(Trouble::to_string).collect()
}

#[test]
fn one_request_is_out_at_a_time_and_all_groups_are_merged() {
    let mut exchange = exchange(ALL);
    for group in ALL {
        let request = next(&mut exchange);
        assert_eq!(exchange.poll_request(), None, "one request in flight");
        assert!(!exchange.is_done());
        for name in group.attributes {
            assert!(request.body.windows(name.len()).any(|window| window == name.as_bytes()), "{name}");
        }
        exchange.handle_response(ipp(&response(&request, 0, &[(group.attributes[0], 7)])));
    }
    assert!(exchange.is_done());
    let answers = exchange.finish();
    assert_eq!((answers.outcome, answers.path.as_deref(), answers.status), (Outcome::Answered, Some("/ipp/print"), Some(Status::OK)));
    assert_eq!((answers.attributes.len(), answers.problems), (ALL.len(), vec![]));
}

#[test]
fn p_01_success_with_ignored_attributes_is_success() {
    let mut exchange = exchange(&[STATE]);
    answer(&mut exchange, 0x0001, &[("printer-state", 3)]);
    let answers = exchange.finish();
    assert_eq!((answers.outcome, answers.status), (Outcome::Answered, Some(Status(1))));
    assert_eq!(answers.attributes.values("printer-state"), [Value::Integer(3)]);
}

#[test]
fn what_was_not_asked_for_is_not_kept() {
    let mut exchange = exchange(&[STATE]);
    answer(&mut exchange, 0, &[("printer-state", 3), ("printer-organization", 1), ("job-name", 2), ("queued-job-count", 3)]);
    assert_eq!(exchange.finish().attributes.iter().map(|(name, _)| name.to_owned()).collect::<Vec<_>>(), ["printer-state"]);
}

#[test]
fn a_group_that_fails_costs_only_itself() {
    let mut exchange = exchange(TWO);
    answer(&mut exchange, 0x0500, &[]);
    answer(&mut exchange, 0, &[("pages-per-minute", 30)]);
    assert!(exchange.is_done());
    let answers = exchange.finish();
    assert_eq!((answers.outcome, answers.attributes.number("pages-per-minute")), (Outcome::Partly, Some(30)));
    assert_eq!(problems(&answers), ["state: server-error-internal-error (0x0500)"]);
}

#[test]
fn p_14_a_printer_of_the_older_version_is_asked_again_in_it() {
    let mut exchange = exchange(TWO);
    let first = answer(&mut exchange, 0x0503, &[]);
    let second = answer(&mut exchange, 0, &[("printer-state", 3)]);
    let third = answer(&mut exchange, 0, &[("pages-per-minute", 3)]);
    assert_eq!([&first.body[..2], &second.body[..2], &third.body[..2]], [[2, 0], [1, 1], [1, 1]]);
    assert_eq!((&first.path, &first.body[8..]), (&second.path, &second.body[8..]), "the same question");
    assert_eq!(exchange.finish().outcome, Outcome::Answered);
}

#[test]
fn a_printer_of_neither_version_is_left() {
    let mut exchange = exchange(TWO);
    answer(&mut exchange, 0x0503, &[]);
    answer(&mut exchange, 0x0503, &[]);
    assert!(exchange.is_done() && exchange.poll_request().is_none());
    let answers = exchange.finish();
    assert_eq!(answers.outcome, Outcome::Failed);
    assert_eq!(problems(&answers), ["state: printer supports neither IPP 2.0 nor IPP 1.1"]);
}

#[test]
fn the_next_path_is_tried_where_there_is_no_printer() {
    let mut exchange = exchange(TWO);
    assert_eq!(next(&mut exchange).path, "/ipp/print");
    exchange.handle_response(http(404));
    assert_eq!(answer(&mut exchange, 0x0406, &[]).path, "/ipp");
    assert_eq!(next(&mut exchange).path, "/");
    exchange.handle_response(http(200));
    let request = answer(&mut exchange, 0, &[("printer-state", 3)]);
    assert_eq!(request.path, "/ipp/printer");
    let uri = b"ipp://printer.example/ipp/printer";
    assert!(request.body.windows(uri.len()).any(|window| window == uri));
    answer(&mut exchange, 0, &[("pages-per-minute", 3)]);
    let answers = exchange.finish();
    assert_eq!((answers.outcome, answers.path.as_deref()), (Outcome::Answered, Some("/ipp/printer")));
    let expected = [
        "state: HTTP status 404, expected 200",
        "state: client-error-not-found (0x0406)",
        "state: expected application/ipp, found text/html",
    ];
    assert_eq!(problems(&answers), expected);
}

#[test]
fn a_host_without_a_printer_at_any_path_has_none() {
    let mut exchange = exchange(TWO);
    while exchange.poll_request().is_some() {
        exchange.handle_response(http(400));
    }
    assert!(exchange.is_done());
    let answers = exchange.finish();
    assert_eq!((answers.outcome, answers.path, answers.problems.len()), (Outcome::NoPrinter, None, PATHS.len()));
}

#[test]
fn a_path_that_was_found_is_not_given_up_for_one_group() {
    let mut exchange = exchange(TWO);
    answer(&mut exchange, 0, &[("printer-state", 3)]);
    assert_eq!(answer(&mut exchange, 0x0406, &[]).path, "/ipp/print");
    assert!(exchange.is_done());
    assert_eq!(exchange.finish().outcome, Outcome::Partly);
}

#[test]
fn a_printer_that_refuses_is_left_alone() {
    for status in [401, 403] {
        let mut exchange = exchange(TWO);
        next(&mut exchange);
        exchange.handle_response(http(status));
        assert_eq!((exchange.poll_request(), exchange.is_done()), (None, true));
        assert_eq!(exchange.finish().outcome, Outcome::Refusing);
    }
    for status in [0x0401, 0x0402, 0x0403] {
        let mut exchange = exchange(TWO);
        answer(&mut exchange, status, &[]);
        assert_eq!((exchange.poll_request(), exchange.finish().outcome), (None, Outcome::Refusing));
    }
}

#[test]
fn a_printer_that_is_busy_is_left_alone() {
    let mut busy = exchange(TWO);
    answer(&mut busy, 0x0507, &[]);
    assert_eq!((busy.poll_request(), busy.finish().outcome), (None, Outcome::Busy));
    let mut overloaded = exchange(TWO);
    next(&mut overloaded);
    overloaded.handle_response(http(503));
    assert_eq!((overloaded.poll_request(), overloaded.finish().outcome), (None, Outcome::Busy));
    let mut later = exchange(TWO);
    answer(&mut later, 0, &[("printer-state", 4)]);
    answer(&mut later, 0x0507, &[]);
    assert_eq!(later.finish().outcome, Outcome::Partly, "what was read before stays");
}

#[test]
fn a_printer_that_wants_tls_says_so() {
    let cases = [
        (http(426), None),
        (redirect("https://printer.example/ipp/print"), Some(443)),
        (redirect("ipps://PRINTER.example/"), Some(631)),
        (redirect("https://printer.example:8443/"), Some(8443)),
        (redirect("https://printer.example:99999/"), None),
    ];
    for (reply, port) in cases {
        let mut exchange = exchange(TWO);
        next(&mut exchange);
        exchange.handle_response(reply);
        assert_eq!(exchange.poll_request(), None);
        let answers = exchange.finish();
        assert_eq!((answers.outcome, answers.tls_port), (Outcome::WantsTls, port));
    }
}

#[test]
fn a_redirection_to_another_host_is_refused_and_named() {
    for (location, host) in [
        ("http://stranger.example/ipp", "stranger.example"),
        ("https://stranger.example:631/", "stranger.example"),
        ("//stranger.example", "stranger.example"),
        ("http://printer.example@stranger.example/", "stranger.example"),
        ("http://printer.example.stranger.example/", "printer.example.stranger.example"),
        ("http://[2001:db8::1]:631/", "2001:db8::1"),
        ("http:///", ""),
    ] {
        let mut exchange = exchange(TWO);
        next(&mut exchange);
        exchange.handle_response(redirect(location));
        assert_eq!((exchange.poll_request(), exchange.is_done()), (None, true), "{location}");
        let answers = exchange.finish();
        assert_eq!(answers.outcome, Outcome::Failed);
        assert_eq!(problems(&answers), [format!("state: redirection to another host, {host}, not followed")]);
    }
}

#[test]
fn a_redirection_on_the_same_host_is_another_path() {
    for location in ["/ipp/printer", "http://printer.example:631/x", ""] {
        let mut exchange = exchange(TWO);
        next(&mut exchange);
        exchange.handle_response(redirect(location));
        assert_eq!(next(&mut exchange).path, "/ipp", "{location}");
    }
}

#[test]
fn a_host_that_does_not_answer_is_asked_once() {
    let mut exchange = exchange(TWO);
    next(&mut exchange);
    exchange.handle_error("connection refused");
    assert_eq!((exchange.poll_request(), exchange.is_done()), (None, true));
    let answers = exchange.finish();
    assert_eq!(answers.outcome, Outcome::Unreachable);
    assert_eq!(problems(&answers), ["state: connection refused"]);
}

#[test]
fn a_printer_that_falls_silent_once_is_asked_on_and_twice_it_is_not() {
    let mut exchange = exchange(ALL);
    answer(&mut exchange, 0, &[("printer-info", 1)]);
    next(&mut exchange);
    exchange.handle_error("timed out");
    answer(&mut exchange, 0, &[("marker-levels", 5)]);
    next(&mut exchange);
    exchange.handle_error("timed out");
    next(&mut exchange);
    exchange.handle_error("timed out");
    assert!(exchange.is_done() && exchange.poll_request().is_none());
    let answers = exchange.finish();
    assert_eq!((answers.outcome, answers.attributes.number("marker-levels")), (Outcome::Partly, Some(5)));
    assert_eq!(answers.problems.len(), 3);
}

#[test]
fn a_printer_that_fails_in_http_is_no_absent_printer() {
    let mut exchange = exchange(TWO);
    while exchange.poll_request().is_some() {
        exchange.handle_response(http(500));
    }
    let answers = exchange.finish();
    assert_eq!(answers.outcome, Outcome::Failed);
    assert_eq!(problems(&answers), ["state: HTTP status 500, expected 200", "meters: HTTP status 500, expected 200"]);
}

#[test]
fn a_truncated_body_gives_what_came_and_says_where_it_ends() {
    let mut exchange = exchange(&[STATE]);
    let request = next(&mut exchange);
    let whole = response(&request, 0, &[("printer-state", 3), ("printer-up-time", 9)]);
    exchange.handle_response(ipp(&whole[..whole.len() - 4]));
    let answers = exchange.finish();
    assert_eq!(answers.attributes.number("printer-state"), Some(3));
    assert_eq!(problems(&answers), ["state: attribute printer-up-time ends after 1 of 4 octets"]);
}

#[test]
fn bodies_that_are_no_ipp_and_responses_to_others_are_told() {
    let mut exchange = exchange(TWO);
    next(&mut exchange);
    exchange.handle_response(ipp(b"\x02\x00"));
    let request = next(&mut exchange);
    let mut body = response(&request, 0, &[("pages-per-minute", 3)]);
    body[7] = 99;
    exchange.handle_response(ipp(&body));
    let answers = exchange.finish();
    assert_eq!(answers.outcome, Outcome::Partly);
    let expected = ["state: expected an IPP message of at least 8 octets, found 2", "meters: response to request 99, expected 2"];
    assert_eq!(problems(&answers), expected);
}

#[test]
fn p_02_a_group_of_which_nothing_is_known_is_answered_and_told_as_no_problem() {
    let mut exchange = exchange(TWO);
    answer(&mut exchange, 0, &[("printer-state", 3)]);
    let request = next(&mut exchange);
    let without_printer = [&[2, 0, 0, 1][..], &request.body[4..8], &[1, 3]].concat();
    exchange.handle_response(ipp(&without_printer));
    let answers = exchange.finish();
    assert_eq!((answers.outcome, answers.attributes.len(), answers.problems), (Outcome::Answered, 1, vec![]));
}

#[test]
fn a_printer_that_tells_nothing_at_all_has_failed() {
    let mut exchange = exchange(TWO);
    answer(&mut exchange, 0, &[]);
    answer(&mut exchange, 0, &[]);
    assert_eq!(exchange.finish().outcome, Outcome::Failed);
}

#[test]
fn replies_that_nobody_waits_for_change_nothing() {
    let mut exchange = exchange(TWO);
    exchange.handle_response(http(401));
    exchange.handle_error("late");
    assert!(!exchange.is_done());
    assert!(exchange.poll_request().is_some());
}

#[test]
fn the_uri_names_port_and_scheme_where_they_are_not_the_usual_ones() {
    let uri = |host: &str, port, is_tls| Target { host: host.into(), port, is_tls }.uri("/ipp");
    assert_eq!(uri("p", 631, false), "ipp://p/ipp");
    assert_eq!(uri("p", 443, true), "ipps://p:443/ipp");
    assert_eq!(uri("fe80::1", 8631, false), "ipp://[fe80::1]:8631/ipp");
}

#[test]
fn problems_of_one_printer_are_told_within_bounds() {
    let mut exchange = exchange(TWO);
    while let Some(request) = exchange.poll_request() {
        let mut body = response(&request, 0, &[]);
        body.pop();
        (0..200u8).for_each(|name| body.extend([0x21, 0, 1, name % 60 + 33, 0, 0]));
        exchange.handle_response(ipp(&body));
    }
    let answers = exchange.finish();
    assert_eq!((answers.problems.len(), &answers.problems[PROBLEMS - 1].what), (PROBLEMS, &What::More));
}
