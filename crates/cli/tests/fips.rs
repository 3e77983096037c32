//! What the FIPS build says of itself. `cargo xtask test --fips` runs it.
#![cfg(feature = "fips")]

use std::process::Command;

fn said(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_roundsman")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn fips_module_and_certificates_stand_in_the_long_version_of_every_program() {
    for arguments in [&["--version"][..], &["agent", "--version"], &["device", "--version"], &["server", "--version"]] {
        let text = said(arguments);
        let line = text.lines().find(|line| line.starts_with("cryptography: ")).unwrap_or_else(|| panic!("{arguments:?}: {text}"));
        assert!(line.contains("AWS-LC FIPS 3.") && line.contains("FIPS 140-3 mode") && line.contains("5314"), "{line}");
    }
}

#[test]
fn fips_builds_keep_the_short_version_short() {
    assert_eq!(said(&["-V"]).lines().count(), 1);
}

fn refused(arguments: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_roundsman"))
        .args(arguments.split_whitespace())
        .env("ROUNDSMAN_AUTH_PASSWORD", "correct horse")
        .env("ROUNDSMAN_PRIVACY_PASSWORD", "battery staple")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments}: {output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn fips_refuses_communities_and_legacy_protocols_by_name_and_says_what_to_do() {
    for arguments in ["probe 127.0.0.99 --community public", "probe 127.0.0.99", "scan 127.0.0.99"] {
        assert!(refused(arguments).contains("give an SNMPv3 user with SHA-256 and AES-128"), "{arguments}");
    }
    assert!(refused("probe 127.0.0.99 --user a --auth MD5").contains("MD5 is not approved"));
    assert!(refused("probe 127.0.0.99 --user a --auth SHA-256 --privacy DES").contains("DES is not approved"));
    assert!(refused("probe 127.0.0.99 --user a --auth SHA-256 --privacy 3DES").contains("3DES is not approved"));
}
