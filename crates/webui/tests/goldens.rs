//! Every page, as a text that a person has read.
//!
//! `UPDATE_GOLDENS=1 cargo test -p webui` writes them anew; read the difference before committing.
#![allow(clippy::disallowed_methods, reason = "tests read and write their goldens")]

mod sample;

use std::fs;
use std::path::Path;

use webui::agent::ledger::Chain;
use webui::{Frame, Login, Notice, Problem, Program, style};

/// Compares with the file of that name; shows the first line that differs.
fn golden(name: &str, page: &str) {
    // The address of the style sheet changes with every touch of it, the pages do not.
    let actual = page.replace(style::address(), style::PATH);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        fs::write(&path, actual).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}; UPDATE_GOLDENS=1 writes it"));
    let difference = expected.lines().zip(actual.lines()).enumerate().find(|(_, (expected, actual))| expected != actual);
    if let Some((line, (expected, actual))) = difference {
        panic!("{name}:{}:\nexpected {expected}\nfound    {actual}\nUPDATE_GOLDENS=1 takes what was found", line + 1);
    }
    assert_eq!(expected.len(), actual.len(), "{name} is longer or shorter than expected; UPDATE_GOLDENS=1 takes what was found");
}

fn login(error: Option<&str>, hint: Option<&str>) -> Login {
    Login {
        csrf: "csrf-token".into(),
        next: "/devices/d-1".into(),
        user: sample::NASTY.into(),
        error: error.map(str::to_owned),
        hint: hint.map(str::to_owned),
    }
}

/// Lists every page with the name of its file.
fn pages() -> Vec<(&'static str, String)> {
    let frame = sample::frame();
    let noticed = |notice: Notice| Frame { notice: Some(notice), ..frame.clone() };
    vec![
        ("server-login.html", login(Some("User name or password is wrong."), None).render(Program::Server)),
        ("server-fleet.html", sample::fleet_page().render(&frame)),
        ("server-fleet-empty.html", sample::empty_fleet().render(&frame)),
        ("server-device.html", sample::device_page().render(&frame)),
        ("server-device-nasty.html", sample::nasty_device().render(&frame)),
        ("server-agents.html", sample::agents_page().render(&frame)),
        ("server-agent.html", sample::agent_page().render(&noticed(Notice::Done("The command waits for the next report.".into())))),
        ("server-agent-new.html", sample::new_agent().render(&frame)),
        ("server-codes.html", sample::codes_page().render(&frame)),
        ("server-problem.html", Problem::internal("019aa5c2").render(Program::Server, Some(&frame))),
        (
            "agent-login.html",
            login(None, Some("The password stands in the file page-password in the agent's folder.")).render(Program::Agent),
        ),
        ("agent-overview.html", sample::overview(sample::good_window()).render(&frame)),
        (
            "agent-overview-failing.html",
            sample::overview(sample::failing_window()).render(&noticed(Notice::Failed("The server did not answer.".into()))),
        ),
        ("agent-overview-new.html", sample::new_overview().render(&frame)),
        ("agent-devices.html", sample::devices_page().render(&frame)),
        ("agent-device.html", sample::own_device().render(&frame)),
        ("agent-ledger.html", sample::ledger(Chain::Verified { entries: 17, at: sample::at("2026-11-22T11:00:00Z") }).render(&frame)),
        ("agent-ledger-broken.html", sample::ledger(Chain::Broken { number: 16, reason: "its hash differs".into() }).render(&frame)),
        ("agent-entry.html", sample::ledger_entry(Some(true)).render(&frame)),
        ("agent-preview.html", sample::preview(Some(sample::PAYLOAD.into())).render(&frame)),
        ("agent-preview-empty.html", sample::preview(None).render(&frame)),
        ("agent-privacy.html", sample::privacy().render(&frame)),
        ("agent-problem.html", Problem::not_found().render(Program::Agent, None)),
    ]
}

#[test]
fn every_page_is_as_somebody_has_read_it() {
    for (name, page) in pages() {
        golden(name, &page);
    }
}

#[test]
fn no_page_needs_what_the_policy_forbids() {
    for (name, page) in pages() {
        for forbidden in ["<script", "<style", " style=", " onclick", " onload", "javascript:", "http://", "https://", "<iframe", "<img"] {
            assert!(!page.contains(forbidden), "{name}: {forbidden}");
        }
    }
}

#[test]
fn nothing_said_by_a_device_steers_or_hides() {
    let steers = |c: &char| {
        (c.is_control() && *c != '\n') || ('\u{202a}'..='\u{202e}').contains(c) || ('\u{2066}'..='\u{2069}').contains(c) || *c == '\u{200b}'
    };
    for (name, page) in pages() {
        assert_eq!(page.chars().find(steers), None, "{name}");
    }
}

#[test]
fn every_form_that_changes_something_carries_its_token() {
    for (name, page) in pages() {
        for form in page.split("<form").skip(1) {
            let form = &form[..form.find("</form>").unwrap_or(form.len())];
            if form.contains("method=\"post\"") {
                assert!(form.contains("name=\"csrf\" value=\"csrf-token\""), "{name}: {form}");
            }
        }
    }
}

#[test]
fn every_element_is_closed_in_its_order() {
    for (name, page) in pages() {
        well_formed(name, &page);
    }
}

/// Follows the tags of a page; the text between is of no interest, since `<` is escaped in it.
fn well_formed(name: &str, page: &str) {
    const EMPTY: [&str; 8] = ["!doctype", "meta", "link", "input", "br", "rect", "line", "polyline"];
    let mut open: Vec<&str> = Vec::new();
    for tag in page.split('<').skip(1) {
        let tag = &tag[..tag.find('>').unwrap_or_else(|| panic!("{name}: <{tag} has no end"))];
        let word = tag.split([' ', '/']).find(|word| !word.is_empty()).unwrap_or_default();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(word), "{name}: </{word}>");
        } else if !tag.ends_with('/') && !EMPTY.contains(&word) {
            open.push(word);
        }
    }
    assert!(open.is_empty(), "{name}: {open:?} stay open");
}
