//! Who is believed to be the server, and that nobody else hears a word.

use uplink::{Client, Identity, TlsReason, Trust, UplinkError};

use crate::certificates::{Authority, Certified, NAME, expired, not_yet_valid, of_an_authority, self_signed};
use crate::server::{configuration, start, start_with, well_behaved};
use crate::{client, credentials, options, tls_reason};

/// Connects, expects to be refused by the client, and that the server heard nothing at all.
fn refused(certified: Certified, trust: Trust) -> TlsReason {
    let server = start_with(certified, well_behaved);
    let error = client(server.port, trust).session(&credentials()).unwrap_err();
    assert_eq!(server.heard_in_the_end(), b"", "application data before the server was verified");
    assert!(!error.is_worth_retrying(), "{error}");
    tls_reason(&error).clone()
}

fn accepted(certified: Certified, trust: Trust) {
    let server = start_with(certified, well_behaved);
    let session = client(server.port, trust).session(&credentials()).unwrap();
    assert_eq!(session.hello().last_report.as_ref().unwrap().sequence, 7);
    assert!(server.heard.text().starts_with("GET /api/v1/hello HTTP/1.1\r\n"));
}

/// Returns the three ways to trust a server whose authority is `authority`.
fn ways(authority: &Authority, certified: &Certified) -> [Trust; 3] {
    [Trust::Authorities(vec![authority.certificate()]), Trust::Enrolment(authority.sum()), Trust::PinnedKey(certified.pin)]
}

#[test]
fn a_good_certificate_is_accepted_in_every_way() {
    let authority = Authority::new("ours");
    for way in 0..3 {
        let certified = authority.issue();
        let trust = ways(&authority, &certified)[way].clone();
        accepted(certified, trust);
    }
}

#[test]
fn an_expired_certificate_is_refused_in_every_way() {
    let authority = Authority::new("ours");
    for way in 0..3 {
        let certified = authority.issue_with(NAME, expired);
        let trust = ways(&authority, &certified)[way].clone();
        let reason = refused(certified, trust);
        assert!(reason.to_string().starts_with("its certificate expired 2021-10-03T00:00:00Z and this host's clock says 20"), "{reason}");
    }
}

#[test]
fn a_certificate_of_tomorrow_is_refused_in_every_way() {
    let authority = Authority::new("ours");
    for way in 0..3 {
        let certified = authority.issue_with(NAME, not_yet_valid);
        let trust = ways(&authority, &certified)[way].clone();
        let reason = refused(certified, trust);
        assert!(matches!(reason, TlsReason::NotYetValid { .. }), "{reason}");
    }
}

#[test]
fn a_certificate_for_another_name_is_refused_in_every_way() {
    let authority = Authority::new("ours");
    for way in 0..3 {
        let certified = authority.issue_with("other.example.com", |_| {});
        let trust = ways(&authority, &certified)[way].clone();
        let reason = refused(certified, trust);
        assert!(matches!(&reason, TlsReason::WrongName { expected, .. } if expected == NAME), "{reason:?}");
        assert!(reason.to_string().contains("other.example.com"), "{reason}");
    }
}

#[test]
fn a_certificate_of_an_unknown_authority_is_refused() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    assert_eq!(refused(theirs.issue(), Trust::Authorities(vec![ours.certificate()])), TlsReason::UnknownAuthority);
    // The same name does not make it the same authority.
    let namesake = Authority::new("ours");
    let reason = refused(namesake.issue(), Trust::Authorities(vec![ours.certificate()]));
    assert!(matches!(reason, TlsReason::UnknownAuthority | TlsReason::BadCertificate(_)), "{reason:?}");
}

#[test]
fn the_operating_system_does_not_know_an_authority_made_here() {
    let server = start_with(Authority::new("ours").issue(), well_behaved);
    let error = client(server.port, Trust::System).session(&credentials()).unwrap_err();
    assert_eq!(server.heard_in_the_end(), b"");
    // A host without any authorities says so.
    let is_refused = matches!(&error, UplinkError::Tls { source: TlsReason::UnknownAuthority, .. } | UplinkError::Settings { .. });
    assert!(is_refused, "{error:?}");
}

#[test]
fn another_key_than_the_pinned_one_is_refused() {
    let authority = Authority::new("ours");
    let reason = refused(authority.issue(), Trust::PinnedKey(authority.issue().pin));
    assert!(matches!(reason, TlsReason::WrongKey { .. }), "{reason}");
}

#[test]
fn a_pinned_key_may_vouch_for_itself() {
    for change in [|_: &mut _| {}, of_an_authority] {
        let certified = self_signed(NAME, change);
        let trust = Trust::PinnedKey(certified.pin);
        accepted(certified, trust);
    }
}

#[test]
fn a_pinned_key_does_not_outlive_its_certificate() {
    for change in [|_: &mut _| {}, of_an_authority] {
        let certified = self_signed(NAME, |parameters| {
            change(parameters);
            expired(parameters);
        });
        let trust = Trust::PinnedKey(certified.pin);
        let reason = refused(certified, trust);
        assert!(matches!(reason, TlsReason::Expired { .. }), "{reason}");
    }
}

#[test]
fn an_enrolment_code_for_another_server_is_refused() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let reason = refused(theirs.issue(), Trust::Enrolment(ours.sum()));
    assert!(matches!(reason, TlsReason::WrongAuthority { .. }), "{reason}");
}

#[test]
fn an_authority_that_is_only_shown_vouches_for_nobody() {
    // Somebody in between can show the right authority's certificate, which is public.
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let mut certified = theirs.issue();
    certified.chain[1] = ours.certificate();
    assert_eq!(refused(certified, Trust::Enrolment(ours.sum())), TlsReason::UnknownAuthority);
    let mut certified = theirs.issue();
    certified.chain.push(ours.certificate());
    assert_eq!(refused(certified, Trust::Enrolment(ours.sum())), TlsReason::UnknownAuthority);
}

#[test]
fn the_servers_own_certificate_is_no_authority() {
    let certified = self_signed(NAME, |_| {});
    let trust = Trust::Enrolment(uplink::trust::sha256(&certified.chain[0]));
    assert!(matches!(refused(certified, trust), TlsReason::WrongAuthority { .. }));
}

#[test]
fn an_expired_authority_enrols_nobody() {
    let authority = Authority::with("ours", expired);
    let reason = refused(authority.issue(), Trust::Enrolment(authority.sum()));
    assert!(matches!(reason, TlsReason::Expired { .. }), "{reason}");
}

#[test]
fn both_versions_of_tls_are_spoken() {
    let authority = Authority::new("ours");
    for version in rustls::ALL_VERSIONS {
        for way in 0..3 {
            let certified = authority.issue();
            let trust = ways(&authority, &certified)[way].clone();
            let server = start(configuration(certified, &[version], None), well_behaved);
            client(server.port, trust).session(&credentials()).unwrap();
        }
    }
}

#[test]
fn a_server_may_want_a_client_certificate() {
    let (ours, clients) = (Authority::new("ours"), Authority::new("clients"));
    for version in rustls::ALL_VERSIONS {
        let server = start(configuration(ours.issue(), &[version], Some(&clients)), well_behaved);
        let connect = |identity: Option<Certified>| {
            let mut options = options(server.port, Trust::Authorities(vec![ours.certificate()]));
            options.identity = identity.map(|certified| Identity { chain: certified.chain, key: certified.key });
            Client::new(options).unwrap().session(&credentials())
        };
        connect(Some(clients.issue_with("sender.example.com", |_| {}))).unwrap();
        let error = connect(None).unwrap_err();
        // TLS 1.2 has no alert of its own for this.
        let wants = matches!(tls_reason(&error), TlsReason::WantsClientCertificate | TlsReason::NoCommonCipher);
        assert!(wants, "{version:?}: {error:?}");
        let error = connect(Some(ours.issue_with("sender.example.com", |_| {}))).unwrap_err();
        assert!(matches!(tls_reason(&error), TlsReason::ClientCertificateRefused(_)), "{version:?}: {error:?}");
        let error = connect(Some(clients.issue_with("sender.example.com", expired))).unwrap_err();
        assert_eq!(tls_reason(&error), &TlsReason::ClientCertificateRefused("expired"));
    }
}

#[test]
fn a_key_that_does_not_belong_to_its_certificate_is_noticed_at_once() {
    let authority = Authority::new("ours");
    let mut options = options(1, Trust::Authorities(vec![authority.certificate()]));
    options.identity = Some(Identity { chain: authority.issue().chain, key: authority.issue().key });
    let error = Client::new(options).unwrap_err();
    assert!(matches!(error, UplinkError::Settings { .. }), "{error:?}");
}

#[test]
fn trusting_nobody_is_a_mistake() {
    assert!(matches!(Client::new(options(1, Trust::Authorities(vec![]))), Err(UplinkError::Settings { .. })));
}
