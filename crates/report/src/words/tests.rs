//! Every value has words in every language, and the words say what the values mean.

use std::collections::BTreeSet;
use std::fmt::Debug;

use model::record::{Alert, Input, Path, Presence, ServiceItem, Supply, SupplyClass};
use model::standard::*;
use model::{DeviceRecord, Level, Origin};

use super::table::{Table, find};
use super::*;
use crate::text::words as label_words;

/// Lists what Dutch and English write alike, on purpose.
const ALIKE: &[&str] = &[
    "1/10 gram",
    "developer",
    "firmware",
    "magenta",
    "matte toner",
    "model",
    "offline",
    "open",
    "printer",
    "scanner",
    "toner",
    "violet",
    "water",
];

fn words() -> [&'static Words; 2] {
    Language::ALL.map(Language::words)
}

/// Checks one table: every listed value in both languages, nothing twice, nothing alike by neglect.
fn complete<T: Copy + PartialEq + Debug>(table: fn(&Words) -> Table<T>, listed: &[T]) {
    let [english, dutch] = words().map(table);
    for value in listed {
        assert!(find(english, value).is_some_and(|text| !text.is_empty()), "{value:?} has no English words");
        assert!(find(dutch, value).is_some_and(|text| !text.is_empty()), "{value:?} has no Dutch words");
    }
    for (english, dutch) in english.iter().zip(dutch) {
        assert_eq!(english.0, dutch.0, "the tables stand in one order");
        assert!(english.1 != dutch.1 || ALIKE.contains(&english.1), "{:?} is {:?} in both languages", english.0, english.1);
        assert_eq!(english.1.contains("{}"), dutch.1.contains("{}"), "{:?}", english.0);
    }
    for table in [english, dutch] {
        assert_eq!(table.len(), listed.len(), "a value stands twice or should not stand here");
    }
}

fn distinct<T>(table: fn(&Words) -> Table<T>) {
    for table in words().map(table) {
        let mut seen = BTreeSet::new();
        for (_, text) in table {
            assert!(seen.insert(text), "{text:?} stands for two values");
        }
    }
}

#[test]
fn every_value_has_words_in_both_languages() {
    const PRESENCES: [Presence; 7] = [
        Presence::Ready,
        Presence::Printing,
        Presence::Asleep,
        Presence::Off,
        Presence::Unreachable,
        Presence::Refusing,
        Presence::Unknown,
    ];
    complete(|words| words.codes, AlertCode::LISTED);
    complete(|words| words.families, FinisherFamily::LISTED);
    complete(|words| words.groups, AlertGroup::LISTED);
    complete(|words| words.severities, AlertSeverityLevel::LISTED);
    complete(|words| words.who, AlertTrainingLevel::LISTED);
    complete(|words| words.errors, ErrorState::LISTED);
    complete(|words| words.presences, &PRESENCES);
    complete(|words| words.presence_reasons, &PRESENCES);
    complete(|words| words.devices, DeviceStatus::LISTED);
    complete(|words| words.printers, PrinterStatus::LISTED);
    complete(|words| words.availabilities, Availability::LISTED);
    complete(|words| words.covers, CoverStatus::LISTED);
    complete(|words| words.inputs, InputType::LISTED);
    complete(|words| words.outputs, OutputType::LISTED);
    complete(|words| words.supplies, MarkerSuppliesType::LISTED);
    complete(|words| words.classes, &[SupplyClass::Container, SupplyClass::Receptacle, SupplyClass::Other]);
    let but_unknown: Vec<_> = AlertTrainingLevel::LISTED.iter().copied().filter(|level| *level != AlertTrainingLevel::Unknown).collect();
    complete(|words| words.who_can, &but_unknown);
}

#[test]
fn every_key_of_the_open_tables_is_in_both_languages() {
    for table in [|words: &Words| words.colorants, |words: &Words| words.units, |words: &Words| words.reasons, |words: &Words| words.parts]
    {
        let keys: Vec<_> = table(words()[0]).iter().map(|(key, _)| *key).collect();
        complete(table, &keys);
    }
    let codes: Vec<_> = words()[0].codes_of.iter().map(|(code, _)| *code).collect();
    complete(|words| words.codes_of, &codes);
    complete(|words| words.feeders, &[InputType::SheetFeedManual, InputType::ContinuousRoll, InputType::ContinuousFanFold]);
    complete(|words| words.reason_severities, &["report", "warning", "error"]);
    for (english, dutch) in words()[1].page {
        assert!(english != dutch || ALIKE.contains(dutch), "{english}");
    }
}

#[test]
fn no_word_stands_for_two_values() {
    distinct(|words| words.codes);
    distinct(|words| words.families);
    distinct(|words| words.groups);
    distinct(|words| words.severities);
    distinct(|words| words.who);
    distinct(|words| words.who_can);
    distinct(|words| words.errors);
    distinct(|words| words.presences);
    distinct(|words| words.presence_reasons);
    distinct(|words| words.devices);
    distinct(|words| words.printers);
    distinct(|words| words.availabilities);
    distinct(|words| words.covers);
    distinct(|words| words.inputs);
    distinct(|words| words.outputs);
    distinct(|words| words.supplies);
    distinct(|words| words.classes);
    distinct(|words| words.colorants);
    distinct(|words| words.units);
    distinct(|words| words.reasons);
    distinct(|words| words.parts);
}

#[test]
fn units_of_every_convention_have_words() {
    let labels = MarkerSuppliesSupplyUnit::LISTED.iter().map(ToString::to_string);
    let labels = labels.chain(CapacityUnit::LISTED.iter().map(ToString::to_string));
    for label in labels.chain(MarkerCounterUnit::LISTED.iter().map(ToString::to_string)) {
        for words in words() {
            assert!(words.units.iter().any(|(unit, _)| *unit == label), "{label}");
        }
    }
    assert_eq!(unit(CapacityUnit::Sheets, Language::Dutch), "vellen");
    assert_eq!(unit(CapacityUnit::Other(1), Language::Dutch), "overig");
    assert_eq!(unit(CapacityUnit::Other(77), Language::English), "unit 77");
}

/// Returns every code of the 2016 revision but other(1).
fn all_codes() -> Vec<AlertCode> {
    let finishers = FinisherFamily::LISTED.iter().flat_map(|family| (3..=38).map(move |generic| family.number() * 100 + generic));
    AlertCode::LISTED.iter().copied().chain(finishers.map(AlertCode::from_number)).collect()
}

#[test]
fn every_alert_code_of_2016_reads_as_words() {
    let codes = all_codes();
    assert_eq!(codes.len() + 1, 707);
    for language in Language::ALL {
        let mut seen = BTreeSet::new();
        for code in &codes {
            let text = alert_code(*code, language);
            assert!(!text.contains(['{', '}']) && !text.contains(&code.number().to_string()), "{code}: {text}");
            assert!(seen.insert(text.clone()), "{text:?} stands for two codes, one of them {code}");
        }
    }
    assert_eq!(alert_code(AlertCode::from_number(31008), Language::English), "paper jam in slitter");
    assert_eq!(alert_code(AlertCode::from_number(30203), Language::Dutch), "klep van nieteenheid open");
    assert_eq!(alert_code(AlertCode::Other(1), Language::Dutch), "andere melding");
    assert_eq!(alert_code(AlertCode::from_number(12345), Language::English), "alert 12345");
    assert_eq!(alert_code(AlertCode::from_number(12345), Language::Dutch), "melding 12345");
}

fn record() -> DeviceRecord {
    let mut record = DeviceRecord::new(Path::Agent);
    let input = |index, name: &str, kind| Input {
        index,
        name: Some(name.into()),
        kind: Some(kind),
        media: None,
        unit: None,
        capacity: None,
        level: Level::Unknown,
        status: None,
        origin: Origin::new("prtInputCurrentLevel", &[1, index]),
    };
    record.inputs = vec![
        input(1, "Tray 1", InputType::SheetFeedAutoRemovableTray),
        input(2, "Cassette 1", InputType::SheetFeedAutoRemovableTray),
        input(4, "", InputType::SheetFeedManual),
    ];
    record.supplies = vec![
        supply(1, MarkerSuppliesType::Toner, Some("black"), Some("TK-1170")),
        supply(2, MarkerSuppliesType::Opc, Some("cyan"), Some("Cyan Drum Cartridge")),
        supply(3, MarkerSuppliesType::Other(1), None, Some("Some Kit")),
    ];
    record
}

fn supply(index: u32, kind: MarkerSuppliesType, colorant: Option<&str>, description: Option<&str>) -> Supply {
    Supply {
        index,
        marker: Some(1),
        class: Some(SupplyClass::Container),
        kind: Some(kind),
        colorant: colorant.map(str::to_owned),
        description: description.map(str::to_owned),
        part_number: None,
        serial_number: None,
        unit: None,
        capacity: Some(100),
        level: Level::Measured { value: 12, step: None },
        remaining: Some(0.12),
        origin: Origin::new("prtMarkerSuppliesLevel", &[1, index]),
    }
}

fn alert(code: AlertCode, group: AlertGroup, row: u32, training: AlertTrainingLevel) -> Alert {
    Alert {
        index: 1,
        severity: Some(AlertSeverityLevel::Critical),
        training: Some(training),
        group: Some(group),
        group_index: Some(row),
        code: Some(code),
        location: None,
        description: Some("as the device says".into()),
        raised_at: None,
        origin: Origin::new("prtAlertCode", &[1, 1]),
    }
}

#[test]
fn a_sentence_says_what_where_and_who() {
    use AlertTrainingLevel::{FieldService, NoInterventionRequired, Trained, Unknown, Untrained};
    let record = record();
    let said = |code, group, row, training| {
        let alert = alert(code, group, row, training);
        Language::ALL.map(|language| sentence(&alert, &record, language))
    };
    assert_eq!(
        said(AlertCode::Jam, AlertGroup::Input, 1, Untrained),
        ["Paper jam in tray 1: a user can clear it.", "Papierstoring in lade 1: een gebruiker kan dit verhelpen."]
    );
    assert_eq!(
        said(AlertCode::InputMediaSupplyEmpty, AlertGroup::Input, 2, Untrained),
        ["No paper in tray 2 (Cassette 1): a user can fix it.", "Papier op in lade 2 (Cassette 1): een gebruiker kan dit oplossen."]
    );
    assert_eq!(
        said(AlertCode::MarkerTonerEmpty, AlertGroup::MarkerSupplies, 1, Trained),
        [
            "Black toner TK-1170 empty: a trained user (key operator) can fix it.",
            "Toner zwart TK-1170 op: een getrainde gebruiker (keyoperator) kan dit oplossen."
        ]
    );
    assert_eq!(
        said(AlertCode::MarkerFuserOverTemperature, AlertGroup::Marker, 1, FieldService),
        [
            "Fuser too hot, at print engine 1: field service is needed.",
            "Fixeereenheid te heet, bij afdrukeenheid 1: hiervoor is een servicemonteur nodig."
        ]
    );
    assert_eq!(
        said(AlertCode::CoverOpen, AlertGroup::Cover, 3, Untrained),
        ["Cover 3 open: a user can fix it.", "Klep 3 geopend: een gebruiker kan dit oplossen."]
    );
    assert_eq!(
        said(AlertCode::PowerUp, AlertGroup::GeneralPrinter, 1, NoInterventionRequired)[0],
        "Switched on: nobody has to do anything."
    );
    assert_eq!(said(AlertCode::SubunitMissing, AlertGroup::Input, 4, Unknown), ["Manual feed 4 missing.", "Handinvoer 4 ontbreekt."]);
}

#[test]
fn s_24_nobody_is_sent_to_a_printer_that_was_switched_on() {
    let on = alert(AlertCode::PowerUp, AlertGroup::GeneralPrinter, 1, AlertTrainingLevel::Untrained);
    assert_eq!(sentence(&on, &record(), Language::English), "Switched on.");
}

#[test]
fn a_code_is_not_said_of_the_wrong_thing() {
    let record = record();
    let said = |code, group, row| sentence(&alert(code, group, row, AlertTrainingLevel::Unknown), &record, Language::English);
    // Neither the engine nor the printer is empty or full.
    assert_eq!(said(AlertCode::MarkerTonerEmpty, AlertGroup::Marker, 1), "Toner empty, at print engine 1.");
    assert_eq!(said(AlertCode::SubunitFull, AlertGroup::GeneralPrinter, 1), "Full.");
    // Number 100 is no row: makers number all trays together so.
    assert_eq!(said(AlertCode::SubunitEmpty, AlertGroup::Input, 100), "Tray empty.");
    assert_eq!(said(AlertCode::from_number(30212), AlertGroup::FinDevice, 2), "Stapler nearly empty, at finisher 2.");
    assert_eq!(said(AlertCode::AlertRemovalOfBinaryChangeEntry, AlertGroup::Alert, 17), "Earlier alert cleared.");
}

#[test]
fn no_sentence_has_a_gap() {
    let record = record();
    for code in all_codes() {
        for group in AlertGroup::LISTED {
            for language in Language::ALL {
                let text = sentence(&alert(code, *group, 1, AlertTrainingLevel::Untrained), &record, language);
                assert!(!text.contains(['{', '}']) && text.ends_with('.') && !text.contains("as the device says"), "{text}");
            }
        }
    }
}

#[test]
fn a_rows_own_name_stays_short_and_steers_nothing() {
    let mut record = record();
    record.inputs[1].name = Some(format!("\u{1b}[31m{}{{}}", "x".repeat(255)));
    let text = sentence(&alert(AlertCode::Jam, AlertGroup::Input, 2, AlertTrainingLevel::Untrained), &record, Language::English);
    assert!(text.chars().count() < 110 && !text.contains('\u{1b}'), "{text}");
    record.inputs[1].name = Some("LADE 7".into());
    let text = sentence(&alert(AlertCode::Jam, AlertGroup::Input, 2, AlertTrainingLevel::Unknown), &record, Language::English);
    assert_eq!(text, "Paper jam in tray 7.");
}

#[test]
fn s_22_a_row_of_zeros_keeps_its_numbers() {
    let zeros = Alert {
        severity: Some(AlertSeverityLevel::from_number(0)),
        group_index: None,
        location: Some(40_000),
        description: Some("Sleep".into()),
        ..alert(AlertCode::from_number(0), AlertGroup::from_number(0), 0, AlertTrainingLevel::from_number(0))
    };
    assert_eq!(sentence(&zeros, &record(), Language::English), "Alert 0.");
    assert_eq!(sentence(&zeros, &record(), Language::Dutch), "Melding 0.");
    assert_eq!(severity(AlertSeverityLevel::from_number(0), Language::Dutch), "ernst 0");
    assert_eq!(who(AlertTrainingLevel::from_number(0), Language::English), "training level 0");
    assert_eq!(place(&zeros, &record(), Language::English).as_deref(), Some("part of group 0"));
    assert_eq!(location(&zeros, Language::Dutch).as_deref(), Some("plaats 40000"));
}

#[test]
fn s_23_a_status_text_in_the_table_is_told_as_other() {
    let idle = Alert {
        severity: Some(AlertSeverityLevel::Other(1)),
        group_index: None,
        description: Some("Idle".into()),
        ..alert(AlertCode::Other(1), AlertGroup::Other(1), 0, AlertTrainingLevel::Other(1))
    };
    assert_eq!(sentence(&idle, &record(), Language::English), "Other alert.");
    assert_eq!(severity(AlertSeverityLevel::Other(1), Language::English), "other");
    let silent = Alert { code: None, group: None, training: None, ..idle };
    assert_eq!(sentence(&silent, &record(), Language::Dutch), "Melding zonder code.");
    assert_eq!(place(&silent, &record(), Language::Dutch), None);
}

#[test]
fn s_24_a_cold_fuser_sends_nobody_while_the_device_sleeps_or_warms_up() {
    let cold = alert(AlertCode::MarkerFuserUnderTemperature, AlertGroup::GeneralPrinter, 1, AlertTrainingLevel::FieldService);
    let mut record = record();
    assert_eq!(sentence(&cold, &record, Language::English), "Fuser too cold: field service is needed.");
    record.presence = Presence::Asleep;
    assert_eq!(sentence(&cold, &record, Language::English), "Fuser too cold: normal while it sleeps or warms up.");
    record.presence = Presence::Ready;
    record.status.printer = Some(PrinterStatus::Warmup);
    assert_eq!(sentence(&cold, &record, Language::Dutch), "Fixeereenheid te koud: normaal in de slaapstand en tijdens het opwarmen.");
}

fn counting(record: &DeviceRecord) -> Vec<ErrorState> {
    errors_that_count(record).collect()
}

#[test]
fn d_18_offline_service_and_maintenance_bits_do_not_count_by_themselves() {
    let mut record = DeviceRecord::new(Path::Agent);
    record.status.errors = ErrorState::LISTED.to_vec();
    let silent: Vec<_> = ErrorState::LISTED.iter().filter(|bit| !counting(&record).contains(bit)).collect();
    assert_eq!(silent, [&ErrorState::Offline, &ErrorState::ServiceRequested, &ErrorState::OverduePreventMaint]);
    assert_eq!(record.status.errors.len(), ErrorState::LISTED.len());
}

#[test]
fn d_18_toner_bits_do_not_count_where_a_toner_is_measured() {
    let mut record = DeviceRecord::new(Path::Agent);
    record.status.errors = vec![ErrorState::LowToner, ErrorState::NoToner, ErrorState::Jammed];
    assert_eq!(counting(&record).len(), 3);
    // A waste box says nothing about toner, and neither does a toner of unknown level.
    record.supplies = vec![
        Supply { class: Some(SupplyClass::Receptacle), ..supply(1, MarkerSuppliesType::WasteToner, None, None) },
        Supply { level: Level::Some, remaining: None, ..supply(2, MarkerSuppliesType::Toner, Some("black"), None) },
    ];
    assert_eq!(counting(&record).len(), 3);
    record.supplies.push(supply(3, MarkerSuppliesType::Toner, Some("cyan"), None));
    assert_eq!(counting(&record), [ErrorState::Jammed]);
}

#[test]
fn s_20_an_undefined_bit_keeps_its_number() {
    assert_eq!(ErrorState::from_octets(&[]), []);
    let bits = ErrorState::from_octets(&[0x00, 0x01, 0xff]);
    assert_eq!(bits.iter().map(|bit| error_state(*bit, Language::English)).collect::<Vec<_>>(), ["error bit 15"]);
    assert_eq!(error_state(ErrorState::OutputFull, Language::Dutch), "uitvoerbak vol");
}

#[test]
fn every_reason_of_pwg_5100_9_is_known_with_every_suffix() {
    let keywords = all_codes().into_iter().map(|code| label_words(&code.to_string()).replace(' ', "-").to_lowercase());
    for keyword in keywords.chain(words()[0].reasons.iter().map(|(keyword, _)| (*keyword).to_owned())).filter(|keyword| keyword != "none") {
        assert_eq!(StateReason::split(&keyword), StateReason { name: &keyword, severity: Some(ReasonSeverity::Error) });
        for (suffix, severity) in
            [("report", ReasonSeverity::Report), ("warning", ReasonSeverity::Warning), ("error", ReasonSeverity::Error)]
        {
            let with_suffix = format!("{keyword}-{suffix}");
            let expected = StateReason { name: &keyword, severity: Some(severity) };
            assert_eq!(StateReason::split(&with_suffix), expected, "{with_suffix}");
        }
        assert_ne!(state_reason(&keyword, Language::English), state_reason(&keyword, Language::Dutch));
    }
}

#[test]
fn a_name_that_ends_in_error_is_not_a_severity() {
    let split = |keyword| StateReason::split(keyword).name;
    assert_eq!(split("stapler-recoverable-storage-error"), "stapler-recoverable-storage-error");
    assert_eq!(split("stapler-recoverable-storage-error-warning"), "stapler-recoverable-storage-error");
    assert_eq!(split("media-path-input-feed-error"), "media-path-input-feed-error");
    assert_eq!(split("fax-modem-protocol-error-report"), "fax-modem-protocol-error");
    assert_eq!(split("media-jam-error"), "media-jam");
}

#[test]
fn a_reason_that_nobody_registered_stays_as_it_was_said() {
    assert_eq!(StateReason::split("acme-flux-low-error"), StateReason { name: "acme-flux-low-error", severity: None });
    assert_eq!(state_reason("acme-flux-low-error", Language::Dutch), "acme-flux-low-error");
    assert_eq!(state_reason("\u{1b}[31m-error", Language::English), "[31m-error");
    for odd in ["", "-", "--error", "error", "other(5)", "Jam", "ÿ-jam", "jam-ÿ"] {
        assert_eq!(StateReason::split(odd).severity, None, "{odd}");
    }
}

#[test]
fn reasons_are_told_with_their_severity() {
    assert_eq!(state_reason("toner-low-warning", Language::English), "toner low (warning)");
    assert_eq!(state_reason("media-jam", Language::Dutch), "papierstoring (fout)");
    assert_eq!(state_reason("printer-nms-reset-report", Language::English), "restarted over the network (report)");
    assert_eq!(state_reason("none", Language::English), "nothing to report");
    assert_eq!(StateReason::split("none").severity, None);
}

#[test]
fn supplies_are_called_as_people_call_them() {
    let name = |supply: &Supply| Language::ALL.map(|language| supply_name(supply, language));
    let record = record();
    assert_eq!(name(&record.supplies[0]), ["black toner TK-1170", "toner zwart TK-1170"]);
    assert_eq!(name(&record.supplies[1]), ["cyan drum", "drumeenheid cyaan"]);
    assert_eq!(name(&record.supplies[2]), ["Some Kit", "Some Kit"]);
    let cartridge =
        Supply { part_number: Some("GT-45C".into()), ..supply(1, MarkerSuppliesType::TonerCartridge, Some("cyan"), Some("Cyan")) };
    assert_eq!(name(&cartridge)[0], "cyan toner GT-45C");
    let left = supply(1, MarkerSuppliesType::Opc, None, Some("Left drum"));
    assert_eq!(name(&left), ["drum (Left drum)", "drumeenheid (Left drum)"]);
    assert_eq!(name(&supply(9, MarkerSuppliesType::Other(1), None, None)), ["supply 9", "verbruiksartikel 9"]);
    assert_eq!(supply_type(MarkerSuppliesType::Other(99), Language::Dutch), "soort 99");
    assert_eq!(colorant("seaFoam", Language::Dutch), "sea foam");
}

#[test]
fn parts_with_a_service_life_are_told_once() {
    let mut record = record();
    record.supplies.push(supply(4, MarkerSuppliesType::Fuser, None, None));
    record.supplies.push(Supply { level: Level::Empty, remaining: None, ..supply(5, MarkerSuppliesType::TransferUnit, None, None) });
    record.service_items = vec![
        ServiceItem { name: "Fuser Unit".into(), remaining: None },
        ServiceItem { name: "Paper-feed kit".into(), remaining: Some(0.5) },
        ServiceItem { name: "Flux capacitor".into(), remaining: None },
    ];
    let lines = |language| service_parts(&record, language).iter().map(ServicePart::line).collect::<Vec<_>>();
    assert_eq!(
        lines(Language::English),
        [
            "fuser: 12% left",
            "paper feed kit: 50% left",
            "Flux capacitor: life left not told",
            "cyan drum: 12% left",
            "transfer unit: used up"
        ]
    );
    assert_eq!(
        lines(Language::Dutch),
        [
            "fixeereenheid: nog 12%",
            "papierinvoerkit: nog 50%",
            "Flux capacitor: resterende levensduur niet opgegeven",
            "drumeenheid cyaan: nog 12%",
            "transfereenheid: verbruikt"
        ]
    );
}

#[test]
fn presences_and_states_have_words() {
    assert_eq!(presence(Presence::Refusing, Language::Dutch), "weigert");
    assert_eq!(presence_reason(Presence::Refusing, Language::English), "The device is there and does not accept our credential.");
    let empty_tray = SubUnitStatus::from_number(19).unwrap();
    assert_eq!(sub_unit_status(empty_tray, Language::English), "unavailable because broken, critical alert");
    assert_eq!(sub_unit_status(empty_tray, Language::Dutch), "niet beschikbaar wegens storing, kritieke melding");
    assert_eq!(sub_unit_status(SubUnitStatus::from_number(7).unwrap(), Language::English), "status 7");
    assert_eq!(device_status(DeviceStatus::from_number(9), Language::Dutch), "toestand 9");
    assert_eq!(printer_status(PrinterStatus::Other(1), Language::English), "other");
}

#[test]
fn the_language_is_that_of_the_locale() {
    for dutch in ["nl", "nl_NL", "nl_NL.UTF-8", "nl_BE@euro", "NL_nl", "nl.utf8"] {
        assert_eq!(Language::of_locale(dutch), Language::Dutch, "{dutch}");
    }
    for english in ["", "C", "POSIX", "en_GB.UTF-8", "de_DE", "nld", "nlv_XX"] {
        assert_eq!(Language::of_locale(english), Language::English, "{english}");
    }
}
