//! Where the server is, and who is believed to be it.

use crate::dns::{Resolver, Says};
use crate::support::{Program, Server, said};

/// Makes a module that asks a resolver for this domain, and trusts this server's authority.
fn module(server: &Server, domain: &str, resolver: &Resolver) -> Program {
    Program::with(&format!(
        "[server]\ndomain = {domain:?}\nresolvers = [\"{}\"]\ntrust = {:?}\n[enrolment]\ntoken = {:?}\n[facts]\nsource = \"socket\"\npath = \"/nowhere\"\nwithin = \"1s\"\n",
        resolver.address,
        server.authority,
        server.token()
    ))
}

#[test]
fn dns_says_host_and_port_and_the_certificate_must_be_for_the_domain() {
    let server = Server::named("printers.example");
    for says in [Says::Server("localhost", server.port), Says::Forged("localhost", server.port)] {
        let resolver = Resolver::that(says);
        let program = module(&server, "printers.example", &resolver);
        let output = program.run(&["run", "--once"]);
        assert!(output.status.success(), "{}", said(&output));
    }
}

#[test]
fn whoever_forges_dns_gets_no_secret() {
    // Both are real servers with real certificates; the stranger's is for another name and of another authority.
    let (server, stranger) = (Server::named("printers.example"), Server::named("elsewhere.example"));
    let forged = Resolver::that(Says::Server("localhost", stranger.port));
    let output = module(&server, "printers.example", &forged).run(&["run", "--once"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("certificate"), "{}", said(&output));
    // A certificate of the right authority for another name is no better.
    let other = Resolver::that(Says::Server("localhost", server.port));
    let output = module(&server, "other.example", &other).run(&["run", "--once"]);
    assert!(said(&output).contains("expected other.example"), "{}", said(&output));
    assert_eq!(stranger.devices().len() + server.devices().len(), 0);
}

#[test]
fn every_way_in_which_dns_fails_has_its_own_words() {
    let server = Server::start();
    for (says, words) in [
        (Says::NoSuchName, "has no entry _roundsman._tcp"),
        (Says::Server("", 0), "not offered"),
        (Says::Server("nowhere.invalid", 443), "was not found"),
        (Says::Server("localhost", 1), "refused"),
        (Says::Failure, "failed with code 2"),
        (Says::Rubbish, "cut off"),
    ] {
        let resolver = Resolver::that(says);
        let program = module(&server, "printers.example", &resolver);
        let output = program.run(&["run", "--once"]);
        assert_eq!(output.status.code(), Some(1), "{words}");
        assert!(said(&output).contains(words), "{words}: {}", said(&output));
        assert_eq!(program.status()["unsent_readings"], 1, "{words}: what was read is kept");
    }
}

#[test]
fn without_any_word_on_the_server_the_module_says_what_to_configure() {
    let program = Program::with("[enrolment]\ntoken = \"t\"\n[facts]\nsource = \"socket\"\npath = \"/nowhere\"\n");
    let output = program.run(&["run", "--once"]);
    assert!(said(&output).contains("configure address or domain in [server], or an enrolment code"), "{}", said(&output));
    let program = Program::with("[facts]\nsource = \"socket\"\npath = \"/nowhere\"\n");
    assert!(said(&program.run(&["run", "--once"])).contains("not enrolled"));
}
