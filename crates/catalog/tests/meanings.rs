//! What a person is told whose vendor file says of its objects what cannot be, and whose profile a device is read by.

use catalog::meaning::Grade;
use catalog::{Catalog, EMBEDDED, LARGEST_OVERLAY_FILE, MOST_OVERLAY_FILES, Signs, Standard};

const HEADER: &str = "[profile]\ninherits = \"printer-mib\"\nsource = \"Acme MIB 3\"\n";

/// A group and a table of Acme's: `acmeTotal`, `acmeRecords`, and the columns `acmeName` and `acmeCount`. Lines 4 to 22.
const OBJECTS: &str = r#"[group.acme]
source = "Acme MIB 3"
oid = "1.3.6.1.4.1.99999.1"
instance = "scalar"
sections = ["meters", "supplies"]
moves = "always"
objects = [
  { at = 1, name = "acmeTotal", syntax = "counter" },
  { at = 2, name = "acmeRecords", syntax = "tagged-records" },
]
[table.acmeTable]
source = "Acme MIB 3"
oid = "1.3.6.1.4.1.99999.2.1"
rows = { walk = "acmeCount" }
sections = ["meters", "supplies"]
moves = "always"
objects = [
  { at = 1, name = "acmeName", syntax = "text" },
  { at = 2, name = "acmeCount", syntax = "counter" }]
"#;

fn told(result: Result<Catalog, catalog::CatalogErrors>) -> Vec<String> {
    result.expect_err("the file has a fault").0.iter().map(|error| error.to_string()).collect()
}

/// Returns the faults of Acme's file that ends with this block, which begins on line 23.
fn faults(block: &str) -> Vec<String> {
    told(Catalog::parse(&[EMBEDDED[0], ("acme.toml", &format!("{HEADER}{OBJECTS}{block}"))]))
}

/// Returns the faults of a file whose only object, on line 11, has these keys besides.
fn object(keys: &str) -> Vec<String> {
    let text = format!(
        "{HEADER}[group.acme]\nsource = \"Acme MIB 3\"\noid = \"1.3.6.1.4.1.99999.1\"\ninstance = \"scalar\"\nsections = [\"identity\"]\n\
         moves = \"always\"\nobjects = [\n  {{ at = 1, name = \"acmeTotal\", {keys} }},\n]\n"
    );
    told(Catalog::parse(&[EMBEDDED[0], ("acme.toml", &text)]))
}

fn with_source(block: &str) -> String {
    format!("{block}source = \"Acme MIB 3\"\n")
}

#[test]
fn the_objects_of_these_tests_are_sound() {
    let catalog = Catalog::parse(&[EMBEDDED[0], ("acme.toml", &format!("{HEADER}{OBJECTS}"))]).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(catalog.profile("acme").unwrap().objects.len(), Standard::COUNT + 4);
}

#[test]
fn unknown_words_of_meaning_are_told_with_the_nearest() {
    assert_eq!(object("identity = \"serial-numbr\""), ["acme.toml:11: unknown identity \"serial-numbr\"; did you mean \"serial-number\"?"]);
    assert_eq!(
        object("identiy = \"model\""),
        ["acme.toml:11: unknown key \"identiy\" in object \"acmeTotal\"; did you mean \"identity\"?"]
    );
    assert_eq!(object("state = \"consol\""), ["acme.toml:11: unknown state \"consol\"; did you mean \"console\"?"]);
    assert_eq!(object("state = \"asleep\""), ["acme.toml:11: missing when in object \"acmeTotal\": the numbers that mean asleep"]);
    assert_eq!(object("identity = \"model\", grade = \"E\""), ["acme.toml:11: unknown grade \"E\"; did you mean \"A\"?"]);
    let unit = object("meter = \"total\", unit = \"impresions\"");
    assert!(unit.len() == 1 && unit[0].starts_with("acme.toml:11: unknown word \"impresions\""), "{unit:?}");
}

#[test]
fn an_object_means_one_thing() {
    assert_eq!(
        object("identity = \"model\", meter = \"total\""),
        ["acme.toml:11: object \"acmeTotal\" means both identity and meter; it may mean one"]
    );
}

#[test]
fn meters_are_named_by_the_grammar() {
    let unknown =
        |name: &str| format!("unknown meter \"{name}\"; expected service, size, sides, colour in this order, as in copy.large.color");
    for name in ["pages", "color.copy", "copy.", "", "total.color", "copy.copy"] {
        assert_eq!(object(&format!("meter = \"{name}\"")), [format!("acme.toml:11: {}", unknown(name))]);
        let rows = format!("[[meters]]\nvalue = \"acmeCount\"\nby = \"acmeName\"\nnames = {{ x = \"{name}\" }}\n");
        assert_eq!(faults(&with_source(&rows)), [format!("acme.toml:26: {}", unknown(name))]);
    }
}

#[test]
fn a_grade_of_contradiction_says_how() {
    let missing = "has grade D and no conflict; say how its sources contradict each other";
    for keys in ["meter = \"total\"", "identity = \"model\""] {
        assert_eq!(object(&format!("{keys}, grade = \"D\"")), [format!("acme.toml:11: object \"acmeTotal\" {missing}")]);
    }
    for (name, keys) in [
        ("meter", "name = \"total\"\nvalue = \"acmeTotal\"\n"),
        ("meters", "value = \"acmeCount\"\nby = \"acmeName\"\nnames = { x = \"copy\" }\n"),
        ("supply", "type = \"toner\"\nlevel = \"acmeTotal\"\n"),
        ("supplies", "columns = { level = \"acmeCount\" }\n"),
        ("service-item", "name = \"fuser\"\nremaining = \"acmeTotal\"\n"),
    ] {
        let block = with_source(&format!("[[{name}]]\n{keys}grade = \"D\"\n"));
        assert_eq!(faults(&block), [format!("acme.toml:23: [[{name}]] {missing}")]);
        let sound = format!("{HEADER}{OBJECTS}{block}conflict = \"one says this, one that\"\n");
        Catalog::parse(&[EMBEDDED[0], ("acme.toml", &sound)]).unwrap_or_else(|errors| panic!("{name}: {errors}"));
    }
}

#[test]
fn a_reference_names_a_record_where_there_are_records() {
    let meter = |value: &str| faults(&with_source(&format!("[[meter]]\nname = \"duplex\"\nvalue = \"{value}\"\n")));
    assert_eq!(meter("acmeRecords"), ["acme.toml:25: \"acmeRecords\" has tagged records; name one, as in name/6f"]);
    assert_eq!(meter("acmeTotal/6f"), ["acme.toml:25: \"acmeTotal\" has no tagged records"]);
    assert_eq!(meter("acmeRecords/xy"), ["acme.toml:25: bad tag \"xy\" in \"acmeRecords/xy\", expected two hexadecimal digits"]);
    assert_eq!(meter("acmeRecord/6f"), ["acme.toml:25: unknown object \"acmeRecord\"; did you mean \"acmeRecords\"?"]);
}

#[test]
fn a_sum_has_parts() {
    assert_eq!(
        faults(&with_source("[[sum]]\nname = \"color\"\nof = [\"print.color\"]\n")),
        ["acme.toml:23: of in [[sum]] has 1 of the two or more that make a sum"]
    );
    assert_eq!(
        faults(&with_source("[[check]]\ntotal = \"total\"\nparts = []\n")),
        ["acme.toml:23: parts in [[check]] has 0 of the two or more that make a sum"]
    );
    assert_eq!(faults(&with_source("[[sum]]\nname = \"color\"\n")), ["acme.toml:23: missing of in [[sum]]"]);
}

#[test]
fn levels_are_words_of_the_list_and_raw_values_numbers() {
    let supply = |words: &str| faults(&with_source(&format!("[[supply]]\ntype = \"toner\"\nlevel = \"acmeTotal\"\nwords = {words}\n")));
    assert_eq!(supply("{ \"none\" = \"empty\" }"), ["acme.toml:26: words in [[supply]] names \"none\", expected a whole number"]);
    assert_eq!(supply("{ \"-3\" = \"emty\" }"), ["acme.toml:26: unknown level \"emty\"; did you mean \"empty\"?"]);
    assert_eq!(supply("{ \"-3\" = 4 }"), ["acme.toml:26: -3 in words is of type integer, expected string"]);
}

#[test]
fn supplies_stand_in_columns() {
    let rows = |columns: &str| faults(&with_source(&format!("[[supplies]]\ncolumns = {columns}\n")));
    assert_eq!(rows("{ level = \"acmeTotal\" }"), ["acme.toml:24: \"acmeTotal\" is no column of a table"]);
    assert_eq!(
        rows("{ level = \"acmeCount\", colorants = \"acmeName\" }"),
        ["acme.toml:24: unknown key \"colorants\" in columns; did you mean \"colorant\"?"]
    );
    assert_eq!(rows("{ description = \"acmeName\" }"), ["acme.toml:24: missing level in columns"]);
    let unknown = faults(&with_source("[[supply]]\ntype = \"tonner\"\nlevel = \"acmeTotal\"\n"));
    assert!(unknown.len() == 1 && unknown[0].starts_with("acme.toml:24: unknown word \"tonner\""), "{unknown:?}");
}

#[test]
fn deviations_are_of_the_list_with_the_keys_that_belong_to_them() {
    let deviation = |keys: &str| faults(&with_source(&format!("[[deviation]]\n{keys}")));
    assert_eq!(deviation("kind = \"level-words\"\n"), ["acme.toml:24: unknown deviation \"level-words\"; did you mean \"level-word\"?"]);
    assert_eq!(deviation("kind = \"level-word\"\nraw = -100\n"), ["acme.toml:23: missing means in [[deviation]]"]);
    assert_eq!(deviation("kind = \"percent-whatever-unit\"\nstep = 10\n"), ["acme.toml:25: unknown key \"step\" in [[deviation]]"]);
    assert_eq!(
        deviation("kind = \"table-without-device-index\"\ntable = \"acmeTabel\"\n"),
        ["acme.toml:25: unknown table \"acmeTabel\"; did you mean \"acmeTable\"?"]
    );
    assert_eq!(deviation(""), ["acme.toml:23: missing kind in [[deviation]]"]);
}

#[test]
fn every_block_needs_its_witness() {
    for block in ["meter", "meters", "sum", "check", "supply", "supplies", "service-item", "deviation", "fault"] {
        let told = faults(&format!("[[{block}]]\n"));
        let expected = format!("acme.toml:23: [[{block}]] has neither source nor why; say which document or which device it rests on");
        assert!(told.contains(&expected), "{block}: {told:?}");
    }
}

#[test]
fn faults_of_head_and_body_and_of_several_files_are_told_together() {
    let acme = format!("{HEADER}[raed]\n[[match]]\nsource = \"x\"\n");
    let heir = "[profile]\ninherits = \"acme\"\nmaker = \"Xrox\"\nsource = \"x\"\n";
    assert_eq!(
        told(Catalog::with_overlay(&[("acme.toml", &acme), ("heir.toml", heir)])),
        [
            "acme.toml:4: unknown key \"raed\" in the file; did you mean \"read\"?",
            "acme.toml:5: [[match]] names none of sys-object-id, sys-descr, device",
            "heir.toml:2: profile \"acme\" has faults of its own",
            "heir.toml:3: unknown maker \"Xrox\"; did you mean \"Xerox\"?",
        ]
    );
    let broken = told(Catalog::with_overlay(&[("acme.toml", &format!("{HEADER}[group\n"))]));
    assert!(broken.len() == 1 && broken[0].starts_with("acme.toml:4: "), "told once: {broken:?}");
}

#[test]
fn an_overlay_replaces_a_file_of_its_name_and_nothing_else() {
    let ours = Catalog::embedded().unwrap();
    let text = format!("{HEADER}maker = \"Kyocera\"\n{OBJECTS}");
    let catalog = Catalog::with_overlay(&[("site/kyocera.toml", &text)]).unwrap_or_else(|errors| panic!("{errors}"));
    let kyocera = catalog.profile("kyocera").unwrap();
    assert!(kyocera.find("acmeTotal").is_some() && kyocera.find("kyTotal").is_none());
    assert_eq!(catalog.names().count(), ours.names().count());
    let summary = catalog.summaries().find(|summary| summary.name == "kyocera").unwrap();
    assert_eq!((summary.file, summary.built_in, &summary.makers[..]), ("site/kyocera.toml", false, &["Kyocera"][..]));
    assert!(catalog.summaries().filter(|summary| summary.name != "kyocera").all(|summary| summary.built_in));
}

#[test]
fn a_maker_may_stand_in_any_file_of_an_overlay() {
    let text = format!(
        "{HEADER}\n[[maker]]\nname = \"Acme\"\nsource = \"IANA\"\nwords = [\"Acme\"]\nbranches = [{{ oid = \"1.3.6.1.4.1.99999\", kind = \"printer\" }}]\n"
    );
    let catalog = Catalog::with_overlay(&[("acme.toml", &text)]).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(catalog.recognise(Some(&[1, 3, 6, 1, 4, 1, 99999, 7]), None).manufacturer, Some("Acme"));
    assert_eq!(catalog.recognise(None, Some("KYOCERA Document Solutions")).manufacturer, Some("Kyocera"), "ours still stand");
}

#[test]
fn two_files_of_an_overlay_do_not_share_a_name() {
    assert_eq!(
        told(Catalog::with_overlay(&[("a/acme.toml", HEADER), ("b/acme.toml", HEADER)])),
        ["b/acme.toml:1: profile \"acme\" stands already in a/acme.toml"]
    );
    let maker = "[[maker]]\nname = \"Acme\"\nsource = \"x\"\nbranches = [{ oid = \"1.3.6.1.4.1.1347\" }]\n";
    let branch = told(Catalog::with_overlay(&[("acme.toml", &format!("{HEADER}{maker}"))]));
    assert!(branch.len() == 1 && branch[0].starts_with("acme.toml:7: this branch stands already in vendors/makers.toml:"), "{branch:?}");
}

#[test]
fn what_inherits_from_a_replaced_file_must_still_fit_to_it() {
    // Whoever inherits from a profile refers to its objects.
    let heir = "[profile]\ninherits = \"acme\"\nsource = \"x\"\n[[meter]]\nname = \"total\"\nvalue = \"acmeTotal\"\nsource = \"x\"\n";
    let sound = format!("{HEADER}{OBJECTS}");
    Catalog::with_overlay(&[("acme.toml", &sound), ("heir.toml", heir)]).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(told(Catalog::with_overlay(&[("acme.toml", HEADER), ("heir.toml", heir)])), ["heir.toml:6: unknown object \"acmeTotal\""]);
}

#[test]
fn an_overlay_is_bounded() {
    let large = "#".repeat(LARGEST_OVERLAY_FILE + 1);
    assert_eq!(
        told(Catalog::with_overlay(&[("acme.toml", &large)])),
        ["acme.toml:1: the file has 1048577 octets, expected at most 1048576"]
    );
    let names: Vec<String> = (0..=MOST_OVERLAY_FILES).map(|number| format!("acme-{number}.toml")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), HEADER)).collect();
    assert_eq!(told(Catalog::with_overlay(&files)), ["acme-1000.toml:1: 1001 files are added, expected at most 1000"]);
    Catalog::with_overlay(&files[1..]).unwrap_or_else(|errors| panic!("{errors}"));
}

/// Two makers, whose profiles are `acme` and `bcme`; profiles of single models; and one that is faulty.
fn choice() -> Catalog {
    let maker = |name: &str, number: u32| {
        format!(
            "[[maker]]\nname = \"{name}\"\nsource = \"x\"\nwords = [\"{name}\"]\nbranches = [{{ oid = \"1.3.6.1.4.1.{number}\", kind = \"printer\" }}]\n"
        )
    };
    let matched = |rules: &str| format!("{HEADER}[[match]]\nsource = \"x\"\n{rules}");
    let files = [
        ("acme.toml", format!("{HEADER}{}", maker("Acme", 99_999))),
        ("bcme.toml", format!("{HEADER}{}", maker("Bcme", 99_998))),
        ("any.toml", HEADER.to_owned()),
        ("short.toml", matched("sys-descr = \"Acme Pro\"\n")),
        ("long.toml", matched("sys-descr = \"Acme Pro 3000\"\n")),
        ("model.toml", matched("device = \"Zed 9\"\n")),
        ("both.toml", matched("sys-object-id = \"1.3.6.1.4.1.99999.5\"\ndevice = \"Zed 9\"\n")),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(file, text)| (*file, text.as_str())).collect();
    Catalog::parse(&[&EMBEDDED[..1], &files].concat()).unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn a_device_is_read_by_the_profile_that_fits_it_best() {
    let catalog = choice();
    let by = |oid: Option<&[u32]>, sys_descr: Option<&str>, device: Option<&str>| {
        catalog.profile_for(&Signs { sys_object_id: oid, sys_descr, device }).name.clone()
    };
    let acme: Option<&[u32]> = Some(&[1, 3, 6, 1, 4, 1, 99_999, 1]);
    assert_eq!(by(acme, Some("ACME pro 3000 N"), None), "long", "the longest match first");
    assert_eq!(by(acme, Some("Acme Pro 2000"), None), "short");
    assert_eq!(by(acme, Some("Bcme 10"), None), "acme", "the agent's maker before the one that the texts name");
    assert_eq!(by(None, Some("Bcme 10"), None), "bcme");
    assert_eq!(by(None, Some("Linux"), Some("Bcme 10")), "bcme");
    assert_eq!(by(None, Some("Acme board"), Some("Bcme 10")), "bcme", "the printer's own text before the board's");
    assert_eq!(by(acme, None, Some("Zed 9")), "model", "a match before any maker");
    assert_eq!(by(Some(&[1, 3, 6, 1, 4, 1, 99_999, 5, 1]), None, Some("Zed 9")), "both", "who says more is better met");
    assert_eq!(by(Some(&[1, 3, 6, 1, 4, 1, 7]), Some("Linux"), None), "any", "nobody knows it");
    assert_eq!(by(None, None, None), "any");
}

#[test]
fn without_a_profile_for_any_device_the_standards_do() {
    let catalog = Catalog::parse(&EMBEDDED[..1]).unwrap();
    assert_eq!(catalog.profile_for(&Signs::default()).name, catalog.standard().name);
    let catalog = Catalog::embedded().unwrap();
    assert_eq!(catalog.profile("kyocrea").unwrap_err().to_string(), "vendors:1: unknown profile \"kyocrea\"; did you mean \"kyocera\"?");
}

#[test]
fn whatever_contradicts_is_told_with_how_in_every_embedded_file() {
    let catalog = Catalog::parse(EMBEDDED).unwrap();
    let mut found = 0;
    for name in catalog.names().map(str::to_owned).collect::<Vec<_>>() {
        let (profile, witnesses) = (catalog.profile(&name).unwrap(), catalog.witnesses(&name));
        let meanings = &profile.meanings;
        let graded = meanings.identity.iter().map(|rule| (rule.grade, rule.rule));
        let graded = graded.chain(meanings.meters.iter().map(|rule| (rule.grade, rule.rule)));
        let graded = graded.chain(meanings.meter_rows.iter().map(|rule| (rule.grade, rule.rule)));
        let graded = graded.chain(meanings.supplies.iter().map(|rule| (rule.grade, rule.rule)));
        let graded = graded.chain(meanings.supply_rows.iter().map(|rule| (rule.grade, rule.rule)));
        let graded = graded.chain(meanings.service_items.iter().map(|rule| (rule.grade, rule.rule)));
        for (grade, rule) in graded {
            // What is inherited stands in another file.
            let Some(witness) = witnesses.of(rule) else { continue };
            assert_eq!(witness.conflict.is_some(), grade == Grade::D, "{rule}");
            found += usize::from(grade == Grade::D);
        }
    }
    assert!(found > 5, "{found} of grade D");
}

#[test]
fn every_rule_of_every_embedded_file_tells_what_it_rests_on() {
    let catalog = Catalog::parse(EMBEDDED).unwrap();
    for summary in catalog.summaries() {
        let (profile, witnesses) = (catalog.profile(summary.name).unwrap(), catalog.witnesses(summary.name));
        let meanings = &profile.meanings;
        let rules = profile.objects.iter().map(|object| object.rule);
        let rules = rules.chain(meanings.meters.iter().map(|rule| rule.rule)).chain(meanings.meter_rows.iter().map(|rule| rule.rule));
        let rules = rules.chain(meanings.sums.iter().chain(&meanings.checks).map(|rule| rule.rule));
        let rules = rules.chain(meanings.supplies.iter().map(|rule| rule.rule)).chain(meanings.deviations.iter().map(|rule| rule.rule));
        let rules = rules.chain(summary.matches.iter().map(|rule| rule.rule)).chain([profile.read.rule]);
        for rule in rules.filter(|rule| rule.file == summary.file) {
            let witness = witnesses.of(rule).unwrap_or_else(|| panic!("{rule} rests on nothing"));
            assert!(witness.source.is_some() || witness.why.is_some(), "{rule}");
        }
    }
}
