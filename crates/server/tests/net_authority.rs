//! The own authority: made once, kept, and never replaced by accident.

mod net_support;

use jiff::{SignedDuration, Timestamp};
use net_support::Folder;
use server::net::{Authority, AuthorityError, Reloader};

const DAY: SignedDuration = SignedDuration::from_hours(24);

fn now() -> Timestamp {
    "2026-11-25T10:00:00Z".parse().unwrap()
}

#[test]
fn the_authority_and_the_servers_certificate_are_kept() {
    let folder = Folder::new("net-authority-kept");
    let first = Authority::open_or_make(folder.path(), now()).unwrap();
    let issued = first.server_certificate(&["Server.Example", "127.0.0.1", "::1"], now()).unwrap();
    assert!(issued.is_new);
    let second = Authority::open_or_make(folder.path(), now() + DAY * 100).unwrap();
    assert_eq!(first.sha256(), second.sha256());
    let again = second.server_certificate(&["0:0::1", "server.example", "127.0.0.1"], now() + DAY * 100).unwrap();
    assert!(!again.is_new, "the order and spelling of names is nothing new");
    assert_eq!(again.not_after, issued.not_after);
}

#[test]
fn a_certificate_is_issued_anew_thirty_days_before_its_end() {
    let folder = Folder::new("net-authority-renewed");
    let authority = Authority::open_or_make(folder.path(), now()).unwrap();
    let issued = authority.server_certificate(&["localhost"], now()).unwrap();
    let before = issued.not_after - DAY * 31;
    assert!(!authority.server_certificate(&["localhost"], before).unwrap().is_new);
    let after = issued.not_after - DAY * 29;
    let renewed = authority.server_certificate(&["localhost"], after).unwrap();
    assert!(renewed.is_new);
    assert!(Reloader::load(renewed.files, after).is_ok());
}

#[test]
fn other_names_want_another_certificate() {
    let folder = Folder::new("net-authority-names");
    let authority = Authority::open_or_make(folder.path(), now()).unwrap();
    authority.server_certificate(&["a.example", "b.example"], now()).unwrap();
    assert!(authority.server_certificate(&["a.example"], now()).unwrap().is_new, "a name that went is a change");
    assert!(authority.server_certificate(&["a.example", "192.0.2.7"], now()).unwrap().is_new);
    assert!(!authority.server_certificate(&["a.example", "192.0.2.7"], now()).unwrap().is_new);
}

#[test]
fn a_pair_that_does_not_fit_is_issued_anew() {
    let folder = Folder::new("net-authority-torn");
    let authority = Authority::open_or_make(folder.path(), now()).unwrap();
    let issued = authority.server_certificate(&["localhost"], now()).unwrap();
    // As if the power had failed between the two files.
    std::fs::copy(folder.file("ca-key.pem"), &issued.files.key).unwrap();
    assert!(authority.server_certificate(&["localhost"], now()).unwrap().is_new);
    std::fs::write(&issued.files.certificate, "").unwrap();
    assert!(authority.server_certificate(&["localhost"], now()).unwrap().is_new);
}

#[test]
fn a_key_without_a_certificate_is_a_start_cut_off_and_is_finished() {
    let folder = Folder::new("net-authority-cut");
    Authority::open_or_make(folder.path(), now()).unwrap();
    let key = std::fs::read(folder.file("ca-key.pem")).unwrap();
    std::fs::remove_file(folder.file("ca.pem")).unwrap();
    Authority::open_or_make(folder.path(), now()).unwrap();
    assert_eq!(std::fs::read(folder.file("ca-key.pem")).unwrap(), key);
}

#[test]
fn a_certificate_without_its_key_is_never_replaced() {
    let folder = Folder::new("net-authority-lost");
    Authority::open_or_make(folder.path(), now()).unwrap();
    let certificate = std::fs::read(folder.file("ca.pem")).unwrap();
    std::fs::remove_file(folder.file("ca-key.pem")).unwrap();
    let error = Authority::open_or_make(folder.path(), now()).unwrap_err();
    assert!(matches!(error, AuthorityError::KeyMissing { .. }));
    assert!(error.to_string().contains("restore it from a backup"));
    assert_eq!(std::fs::read(folder.file("ca.pem")).unwrap(), certificate);
}

#[test]
fn a_certificate_of_somebody_else_is_refused() {
    let (folder, other) = (Folder::new("net-authority-foreign"), Folder::new("net-authority-foreign-other"));
    Authority::open_or_make(folder.path(), now()).unwrap();
    Authority::open_or_make(other.path(), now()).unwrap();
    std::fs::copy(other.file("ca.pem"), folder.file("ca.pem")).unwrap();
    let error = Authority::open_or_make(folder.path(), now()).unwrap_err();
    assert!(matches!(error, AuthorityError::Foreign { .. }), "{error}");
}

#[test]
fn an_authority_ends_after_ten_years_and_no_certificate_outlives_it() {
    let folder = Folder::new("net-authority-ended");
    Authority::open_or_make(folder.path(), now()).unwrap();
    let late = now() + DAY * 3640;
    let authority = Authority::open_or_make(folder.path(), late).unwrap();
    let issued = authority.server_certificate(&["localhost"], late).unwrap();
    assert_eq!(issued.not_after, now() + DAY * 3650);
    assert!(!authority.server_certificate(&["localhost"], late).unwrap().is_new, "it cannot be made to last longer");
    let error = Authority::open_or_make(folder.path(), now() + DAY * 3651).unwrap_err();
    assert!(error.to_string().contains("the authority expired on 2036-11-22"), "{error}");
}

#[test]
fn names_that_are_none_are_refused() {
    let folder = Folder::new("net-authority-bad");
    let authority = Authority::open_or_make(folder.path(), now()).unwrap();
    let error = authority.server_certificate(&["not a name"], now()).unwrap_err();
    assert_eq!(error.to_string(), "\"not a name\" is no DNS name or address; expected for example server.example or 192.0.2.7");
    assert!(matches!(authority.server_certificate(&[""; 0], now()), Err(AuthorityError::NoName)));
}

#[cfg(unix)]
#[test]
fn keys_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new("net-authority-modes");
    let authority = Authority::open_or_make(folder.path(), now()).unwrap();
    authority.server_certificate(&["localhost"], now()).unwrap();
    for key in ["ca-key.pem", "server-key.pem"] {
        let mode = std::fs::metadata(folder.file(key)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{key}");
    }
    assert!(format!("{authority:?}").contains('…'));
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let folder = Folder::new("net-authority-nowhere");
    let error = Authority::open_or_make(&folder.file("nowhere"), now()).unwrap_err();
    assert!(error.to_string().contains("cannot write this file"), "{error}");
}
