//! What a person who writes a vendor file is told, word for word.
#![allow(clippy::disallowed_methods, reason = "tests compare with the folder")]

use catalog::{Catalog, DeviceKind, EMBEDDED, Instance, Moves, Rows, Sections, Signs, Standard};

const HEADER: &str = "[profile]\ninherits = \"printer-mib\"\nsource = \"Acme MIB 3\"\n";

/// Loads the embedded files and these.
fn load(files: &[(&str, &str)]) -> Result<Catalog, Vec<String>> {
    let all: Vec<(&str, &str)> = EMBEDDED.iter().chain(files).copied().collect();
    Catalog::parse(&all).map_err(|errors| errors.0.iter().map(ToString::to_string).collect())
}

/// Returns the faults of a file that begins with the usual header (three lines).
fn faults(rest: &str) -> Vec<String> {
    load(&[("vendors/acme.toml", &format!("{HEADER}{rest}"))]).expect_err("the file has a fault")
}

fn group(objects: &str) -> String {
    format!(
        "[group.acme]\nsource = \"Acme MIB 3\"\noid = \"1.3.6.1.4.1.99999.1\"\ninstance = \"scalar\"\nsections = [\"meters\"]\nmoves = \"always\"\nobjects = [\n{objects}\n]\n"
    )
}

#[test]
fn unknown_words_are_told_with_the_nearest() {
    let object = |rest: &str| faults(&group(&format!("  {{ at = 1, name = \"acmeTotal\", {rest} }},")));
    assert_eq!(object("sections = [\"supplys\"]"), ["vendors/acme.toml:11: unknown section \"supplys\"; did you mean \"supplies\"?"]);
    assert_eq!(object("moves = \"allways\""), ["vendors/acme.toml:11: unknown moves \"allways\"; did you mean \"always\"?"]);
    assert_eq!(object("syntax = \"conter\""), ["vendors/acme.toml:11: unknown syntax \"conter\"; did you mean \"counter\"?"]);
    assert_eq!(object("syntax = \"zebra\""), ["vendors/acme.toml:11: unknown syntax \"zebra\""]);
    assert_eq!(object("octet = 4"), ["vendors/acme.toml:11: unknown key \"octet\" in object \"acmeTotal\"; did you mean \"octets\"?"]);
    assert_eq!(object("octets = 900"), ["vendors/acme.toml:11: octets in object \"acmeTotal\" is 900, expected 0 to 255"]);
    assert_eq!(object("octets = \"4\""), ["vendors/acme.toml:11: octets in object \"acmeTotal\" is of type string, expected integer"]);
    assert_eq!(faults("[raed]\n"), ["vendors/acme.toml:4: unknown key \"raed\" in the file; did you mean \"read\"?"]);
}

/// D-19: nothing is imported without a source.
#[test]
fn every_rule_needs_its_witness() {
    assert_eq!(
        faults("[read]\nbulk = false\n"),
        ["vendors/acme.toml:4: [read] has neither source nor why; say which document or which device it rests on"]
    );
    assert_eq!(
        faults("[object.sysName]\nmoves = \"never\"\n"),
        ["vendors/acme.toml:4: [object.sysName] has neither source nor why; say which document or which device it rests on"]
    );
    assert_eq!(faults("[read]\nwhy = \" \"\nbulk = false\n"), ["vendors/acme.toml:5: empty why in [read]"]);
    let bare = "[profile]\ninherits = \"printer-mib\"\n";
    assert_eq!(
        load(&[("vendors/acme.toml", bare)]).unwrap_err(),
        ["vendors/acme.toml:1: [profile] has neither source nor why; say which document or which device it rests on"]
    );
}

#[test]
fn identifiers_and_names_must_be_clear() {
    assert_eq!(
        faults(&group("").replace("1.3.6.1.4.1.99999.1", "1.3.6.x")),
        ["vendors/acme.toml:6: bad identifier \"1.3.6.x\", expected numbers and dots such as 1.3.6.1.2.1.43"]
    );
    assert_eq!(
        faults(&group("  { at = 1, name = \"acmeTotal\" },\n  { at = 2, name = \"acmeTotal\" },")),
        ["vendors/acme.toml:12: object \"acmeTotal\" exists already (vendors/acme.toml:11); change it with [object.acmeTotal]"]
    );
    assert_eq!(
        faults(&group("  { at = 1, name = \"acmeTotal\" },\n  { at = \"1.5\", name = \"acmePart\" },")),
        ["vendors/acme.toml:12: the identifier of \"acmePart\" is or lies within that of \"acmeTotal\" (vendors/acme.toml:11)"]
    );
    assert_eq!(
        faults(&group("  { name = \"acmeTotal\" },")),
        ["vendors/acme.toml:11: missing at in object \"acmeTotal\": its number below the block's identifier"]
    );
    let sysname = faults("[object.sysNmae]\nwhy = \"x\"\n");
    assert_eq!(sysname, ["vendors/acme.toml:4: unknown object \"sysNmae\"; did you mean \"sysName\"?"]);
    let taken = faults(&group("  { at = 1, name = \"sysName\" },"));
    assert!(taken[0].starts_with("vendors/acme.toml:11: object \"sysName\" exists already (vendors/printer-mib.toml:"), "{taken:?}");
}

#[test]
fn tables_say_how_their_rows_are_learned() {
    let table = |rows: &str| {
        faults(&format!(
            "[table.acmeTable]\nsource = \"Acme MIB 3\"\noid = \"1.3.6.1.4.1.99999.2\"\n{rows}sections = [\"meters\"]\nmoves = \"always\"\nobjects = [{{ at = 1, name = \"acmeColumn\" }}]\n"
        ))
    };
    assert_eq!(table(""), ["vendors/acme.toml:4: missing rows in [table.acmeTable]; say how its rows are learned"]);
    assert_eq!(table("rows = {}\n"), ["vendors/acme.toml:7: rows takes exactly one of walk, count, referred-by, probe"]);
    assert_eq!(
        table("rows = { walk = \"acmeColum\" }\n"),
        ["vendors/acme.toml:7: unknown object \"acmeColum\"; did you mean \"acmeColumn\"?"]
    );
    assert_eq!(
        table("rows = { walk = \"sysName\" }\n"),
        ["vendors/acme.toml:7: rows walks \"sysName\", which is no column of [table.acmeTable]"]
    );
}

#[test]
fn profiles_inherit_from_one_another_and_never_in_a_circle() {
    let unknown = "[profile]\ninherits = \"printer-mbi\"\nsource = \"x\"\n";
    assert_eq!(
        load(&[("vendors/acme.toml", unknown)]).unwrap_err(),
        ["vendors/acme.toml:2: unknown profile \"printer-mbi\"; did you mean \"printer-mib\"?"]
    );
    let first = "[profile]\ninherits = \"second\"\nsource = \"x\"\n";
    let second = "[profile]\ninherits = \"first\"\nsource = \"x\"\n";
    let circle = load(&[("vendors/first.toml", first), ("vendors/second.toml", second)]).unwrap_err();
    assert!(circle.contains(&"vendors/second.toml:2: profiles inherit in a circle: first → second → first".to_string()), "{circle:?}");
    assert_eq!(
        load(&[("vendors/acme.toml", "[profile]\nsource = \"x\"\n")]).unwrap_err(),
        ["vendors/acme.toml:1: [profile] inherits from nothing; add inherits = \"printer-mib\""]
    );
    assert_eq!(load(&[("vendors/acme.toml", "")]).unwrap_err(), ["vendors/acme.toml:1: missing [profile]"]);
    assert_eq!(
        load(&[("a/acme.toml", HEADER), ("b/acme.toml", HEADER)]).unwrap_err(),
        ["b/acme.toml:1: profile \"acme\" stands already in a/acme.toml"]
    );
}

#[test]
fn the_standard_profile_must_be_whole() {
    let (file, text) = EMBEDDED[0];
    let changed = |from: &str, to: &str| {
        assert!(text.contains(from));
        let errors = Catalog::parse(&[(file, &text.replace(from, to))]).expect_err("the file has a fault");
        errors.0.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let lines = changed("name = \"sysLocation\"", "name = \"sysLocatoin\"");
    assert!(lines.iter().any(|line| line.ends_with(": missing standard object \"sysLocation\"")), "{lines:?}");
    assert!(
        lines.iter().any(|line| line.ends_with(": unknown standard object \"sysLocatoin\"; did you mean \"sysLocation\"?")),
        "{lines:?}"
    );
    let lines = changed("attempts = 3\n", "");
    assert!(lines.len() == 1 && lines[0].ends_with(": missing attempts in [read]"), "{lines:?}");
    assert_eq!(Catalog::parse(&[]).unwrap_err().to_string(), "vendors/printer-mib.toml:1: the standard profile is missing");
}

#[test]
fn all_faults_of_all_files_are_told_at_once() {
    let acme = format!(
        "{HEADER}{}",
        group("  { at = 1, name = \"acmeTotal\", moves = \"allways\" },\n  { at = 2, name = \"acmePart\", sections = [\"meter\"] },")
    );
    let other = format!("{HEADER}[read]\nsource = \"x\"\nbulk = \"no\"\n");
    assert_eq!(
        load(&[("vendors/acme.toml", &acme), ("vendors/other.toml", &other)]).unwrap_err(),
        [
            "vendors/acme.toml:11: unknown moves \"allways\"; did you mean \"always\"?",
            "vendors/acme.toml:12: unknown section \"meter\"; did you mean \"meters\"?",
            "vendors/other.toml:6: bulk in [read] is of type string, expected boolean",
        ]
    );
}

#[test]
fn a_syntax_fault_is_told_with_its_line() {
    let lines = faults("[read\nbulk = true\n");
    assert!(lines[0].starts_with("vendors/acme.toml:4: "), "{lines:?}");
}

#[test]
fn a_child_changes_rules_and_adds_objects_behind_the_standards() {
    let text = format!(
        "{HEADER}maker = \"Acme\"\n{}[read]\nwhy = \"restarts when sent a GETBULK\"\nbulk = false\n\n[object.prtConsoleDisplayBufferText]\nwhy = \"takes 15 s\"\nsections = []\n\n[[match]]\nwhy = \"only this family\"\nsys-descr = \"Acme Pro\"\n",
        group("  { at = 1, name = \"acmeTotal\", syntax = \"counter\" },")
    );
    let makers = "[[maker]]\nname = \"Acme\"\nsource = \"IANA\"\nwords = [\"Acme\"]\nbranches = [{ oid = \"1.3.6.1.4.1.99999\", kind = \"printer\" }]\n";
    let catalog = Catalog::parse(&[EMBEDDED[0], ("vendors/acme.toml", &text), ("vendors/makers.toml", makers)]).unwrap();
    let (acme, standard) = (catalog.profile("acme").unwrap(), catalog.standard());

    let total = acme.find("acmeTotal").unwrap();
    assert_eq!(usize::from(total.0), Standard::COUNT);
    assert_eq!(acme.object(total).rule.to_string(), "vendors/acme.toml:12");
    assert_eq!(acme.locate(&snmp::oid::encode(&[1, 3, 6, 1, 4, 1, 99999, 1, 1, 0])), Some((total, &[0][..])));
    assert!(!acme.read.bulk && standard.read.bulk && acme.read.timeout_ms == standard.read.timeout_ms);
    assert_eq!(acme.object(Standard::PrtConsoleDisplayBufferText).sections, Sections::NONE);
    assert_eq!(acme.object(Standard::PrtMarkerLifeCount).rule, standard.object(Standard::PrtMarkerLifeCount).rule);

    let recognised = catalog.recognise(Some(&[1, 3, 6, 1, 4, 1, 99999, 7]), Some("Acme Pro 3000"));
    assert_eq!((recognised.manufacturer, recognised.kind), (Some("Acme"), DeviceKind::Printer));
    assert_eq!(recognised.rule.map(ToString::to_string).as_deref(), Some("vendors/makers.toml:5"));
    let profile_of = |sys_descr| {
        let signs = Signs { sys_object_id: Some(&[1, 3, 6, 1, 4, 1, 99999, 7]), sys_descr: Some(sys_descr), device: None };
        catalog.profile_for(&signs).name.as_str()
    };
    assert_eq!(profile_of("Acme Pro 3000"), "acme");
    assert_eq!(profile_of("Acme Home"), "printer-mib", "another family");
}

#[test]
fn makers_are_checked_too() {
    let makers = |text: &str| {
        let errors = Catalog::parse(&[EMBEDDED[0], ("vendors/makers.toml", text)]).expect_err("the file has a fault");
        errors.0.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let of_nobody = HEADER.replace("source", "maker = \"Xrox\"\nsource");
    assert_eq!(
        load(&[("vendors/acme.toml", &of_nobody)]).unwrap_err(),
        ["vendors/acme.toml:3: unknown maker \"Xrox\"; did you mean \"Xerox\"?"]
    );
    assert_eq!(
        makers("[[maker]]\nsource = \"x\"\nbranches = [{ oid = \"1.3.6\", kind = \"pritner\" }]\n"),
        ["vendors/makers.toml:3: unknown kind \"pritner\"; did you mean \"printer\"?"]
    );
    assert_eq!(
        makers("[[maker]]\nsource = \"x\"\nbranches = [\n{ oid = \"1.3.6\" },\n{ oid = \"1.3.6\" },\n]\n"),
        ["vendors/makers.toml:5: this branch stands already on line 4"]
    );
}

#[test]
fn the_embedded_files_are_those_of_the_folder_and_all_sound() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vendors");
    let mut found: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| format!("vendors/{}", entry.unwrap().file_name().to_string_lossy()))
        .filter(|name| name.ends_with(".toml"))
        .collect();
    found.sort();
    let mut embedded: Vec<&str> = EMBEDDED.iter().map(|(file, _)| *file).collect();
    embedded.sort();
    assert_eq!(embedded, found);
    Catalog::parse(EMBEDDED).unwrap_or_else(|errors| panic!("{errors}"));
}

#[test]
fn the_standard_profile_holds_what_the_reader_relies_on() {
    let catalog = Catalog::embedded().unwrap();
    let profile = catalog.standard();
    assert_eq!(profile.objects.len(), Standard::COUNT);
    for (object, standard) in profile.objects.iter().zip(Standard::ALL) {
        assert_eq!((object.name, object.id), (standard.name(), (*standard).into()));
        assert_eq!(object.instance == Instance::Row, object.table.is_some());
        let mut cell = object.oid.to_vec();
        cell.extend([1, 3]);
        assert_eq!(profile.locate(&cell), Some((object.id, &[1, 3][..])), "{}", object.name);
    }
    for table in &profile.tables {
        assert!(table.columns.windows(2).all(|pair| profile.object(pair[0]).arcs < profile.object(pair[1]).arcs), "{}", table.name);
    }
    let rows = |object: Standard| profile.table(profile.object(object).table.unwrap()).rows;
    assert_eq!(rows(Standard::PrtConsoleDisplayBufferText), Rows::Count(Standard::PrtConsoleNumberOfDisplayLines.into()));
    assert_eq!(rows(Standard::PrtMarkerColorantValue), Rows::ReferredBy(Standard::PrtMarkerSuppliesColorantIndex.into()));
    assert_eq!(rows(Standard::PrtInputCurrentLevel), Rows::Walk { column: Standard::PrtInputCapacityUnit.into() });
    assert!(profile.instance_is_device(Standard::PrtGeneralSerialNumber) && !profile.instance_is_device(Standard::SysName));
    assert_eq!(profile.object(Standard::PrtMarkerSuppliesLevel).moves, Moves::Always);
    assert_eq!(profile.object(Standard::PrtAlertAllEvents).sections, Sections::all());
    assert_eq!(profile.locate(&snmp::oid::encode(&[1, 3, 6, 1, 4, 1, 9, 9])), None);
    assert_eq!(profile.locate(&[]), None);
}

/// S-38: community names that are readable are never read.
#[test]
fn nothing_that_holds_persons_or_credentials_can_be_asked_for() {
    let catalog = Catalog::parse(EMBEDDED).unwrap();
    let forbidden = [
        "1.3.6.1.2.1.1.4",
        "1.3.6.1.2.1.43.5.1.1.4",
        "1.3.6.1.2.1.43.5.1.1.5",
        "1.3.6.1.4.1.1347.47",
        "1.3.6.1.4.1.18334.1.1.4",
        "1.3.6.1.4.1.367.3.2.1.3.2",
        "1.3.6.1.4.1.253.8.51.5",
        "1.3.6.1.4.1.253.8.59",
        "1.3.6.1.4.1.11.2.3.9.4.2.1.1.6.5",
        "1.3.6.1.4.1.2699.1.2.1.2.1.1.7",
        "1.3.6.1.4.1.2435.2.4.3.1240.1.6",
        "1.3.6.1.4.1.2435.2.4.3.1240.1.7",
        "1.3.6.1.4.1.2435.2.4.3.1240.1.15",
        "1.3.6.1.4.1.2435.2.4.3.1240.1.17",
        "1.3.6.1.4.1.2435.2.4.3.1240.1.18",
    ];
    for name in catalog.names() {
        let profile = catalog.profile(name).unwrap();
        for tree in forbidden.map(|tree| snmp::oid::parse(tree).unwrap()) {
            for object in &profile.objects {
                assert!(!object.arcs.starts_with(&tree) && !tree.starts_with(&object.arcs), "{name}: {}", object.name);
            }
        }
    }
}
