//! A printer that others have written, plain and under TLS.

use std::time::{Duration, Instant};

use netio::ipp::{Question, read};
use printport::Packed;
use printport::ipp::{Attributes, Outcome, Value};

use crate::everywhere_printer::Printer;
use crate::question;

#[test]
fn a_printer_of_cups_tells_who_and_how_it_is() {
    let printer = Printer::start("plain");
    let reading = read(&question(printer.address)).expect("no certificate known");
    let answers = reading.answers;
    assert_eq!((answers.outcome, answers.path.as_deref(), reading.certificate), (Outcome::Answered, Some("/ipp/print"), None));
    assert_eq!(answers.problems, []);
    let told = &answers.attributes;
    assert_eq!(told.text("printer-make-and-model"), Some("Acme Nine"));
    assert_eq!((told.number("printer-state"), told.text("printer-state-reasons")), (Some(3), Some("none")));
    assert_eq!((told.number("pages-per-minute"), told.number("pages-per-minute-color")), (Some(30), Some(20)));
    assert!(told.text("printer-uuid").is_some_and(|uuid| uuid.starts_with("urn:uuid:")));
    let supplies: Vec<Packed> = told.values("printer-supply").iter().filter_map(Value::octets).map(Packed::parse).collect();
    assert_eq!(supplies.iter().map(|supply| supply.number("level")).collect::<Vec<_>>(), [25, 75, 50, 33, 67].map(Some));
    assert!(supplies.iter().all(|supply| supply.broken().is_empty()));
    assert_eq!(told.values("printer-supply-description").len(), 5);
    assert_eq!(told.values("printer-input-tray").len(), 3);
    assert_eq!(told.values("marker-levels"), []);
    for private in ["printer-organization", "printer-geo-location", "printer-name", "queued-job-count"] {
        assert_eq!(told.values(private), [], "{private} was not asked for");
    }
}

#[test]
fn a_printer_of_cups_tells_what_printing_has_used_up() {
    let printer = Printer::start("hook");
    printer.print();
    let until = Instant::now() + Duration::from_secs(10);
    let says_low = |told: &Attributes| {
        told.values("printer-state-reasons").iter().any(|reason| reason.text().is_some_and(|text| text.starts_with("marker-supply-low")))
    };
    // The state is asked for before the supplies, and may be of before the hook.
    let told = loop {
        let told = read(&question(printer.address)).expect("no certificate known").answers.attributes;
        if !told.values("marker-levels").is_empty() && says_low(&told) || Instant::now() > until {
            break told;
        }
        std::thread::sleep(Duration::from_millis(100));
    };
    assert_eq!(told.values("marker-levels"), [Value::Integer(7), Value::Integer(-3)]);
    let names: Vec<_> = told.values("marker-names").iter().map(Value::text).collect();
    assert_eq!(names, [Some("black"), Some("waste")]);
    assert!(says_low(&told));
}

#[test]
fn a_printer_of_cups_is_the_same_under_tls() {
    let printer = Printer::start("tls");
    let secure = Question { host: Some("localhost"), use_tls: true, ..question(printer.address) };
    let reading = read(&secure).expect("no certificate known");
    assert_eq!(reading.answers.outcome, Outcome::Answered, "{:?}", reading.answers.problems);
    assert_eq!(reading.answers.attributes.text("printer-make-and-model"), Some("Acme Nine"));
    let certificate = reading.certificate.expect("a certificate");
    assert!(!certificate.is_out_of_date && !certificate.names_another_host, "{certificate:?}");
    let again = read(&Question { known: Some(certificate.fingerprint), ..secure }).expect("the same certificate");
    assert_eq!(again.certificate, Some(certificate));
    let missing = Question { paths: &["/no/printer", "/ipp/print"], ..question(printer.address) };
    let answers = read(&missing).expect("no certificate known").answers;
    assert_eq!((answers.outcome, answers.path.as_deref()), (Outcome::Answered, Some("/ipp/print")));
}
