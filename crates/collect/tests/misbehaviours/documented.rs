//! How devices must be treated so that they come to no harm, and what public maps get wrong.

use catalog::meaning::Grade;

use crate::{CATALOG, Printer};

/// That only one request is under way, and that none in bulk follows a silence, is held by `survey`'s tests.
#[test]
fn d_12_devices_that_bulk_reads_harm_are_asked_for_fewer_rows_at_a_time() {
    let usual = CATALOG.standard().read.repetitions;
    for name in ["brother", "brother-ink", "hp"] {
        let read = &CATALOG.profile(name).expect("a profile").read;
        assert!(!read.bulk || read.repetitions < usual, "{name}: {read:?}");
    }
}

#[test]
fn d_12_the_first_question_is_small() {
    for name in CATALOG.names() {
        let read = &CATALOG.profile(name).expect("a profile").read;
        assert!(read.hello.len() <= 8 && read.max_request_octets <= 1400, "{name}");
    }
}

#[test]
fn d_14_slow_devices_are_given_more_time() {
    let timeout = |name| CATALOG.profile(name).expect("a profile").read.timeout_ms;
    let usual = CATALOG.standard().read.timeout_ms;
    assert!(timeout("canon") >= 2 * usual && timeout("xerox") >= 2 * usual, "{usual}");
}

#[test]
fn d_14_half_an_answer_counts() {
    // The display was too slow to be read: what came before it stands.
    let record = Printer::of("xerox").count("prtMarkerLifeCount", &[1, 1], 77).text("hrDeviceDescr", &[1], "Xerox Phaser 9999").read();
    assert_eq!((record.meters[0].value, record.status.console), (77, None));
}

#[test]
fn d_19_a_meter_that_only_one_map_knows_is_told_only_if_a_sum_proves_it() {
    let mut doubtful = 0;
    for name in CATALOG.names() {
        let profile = CATALOG.profile(name).unwrap_or_else(|errors| panic!("{errors}"));
        for rule in profile.meanings.meters.iter().filter(|rule| rule.grade > Grade::B && rule.value.tag.is_none()) {
            let object = profile.object(rule.value.object);
            let instance: &[u32] = if object.instance == catalog::Instance::Exact { &[] } else { &[0] };
            let record = Printer::of(name).count(object.name, instance, 12_345).read();
            assert!(record.meters.is_empty(), "{name}: {} is told without proof", object.name);
            assert!(record.configuration.values().any(|value| value == "12345"), "{name}: {} is not kept", object.name);
            doubtful += 1;
        }
    }
    assert!(doubtful > 5, "{doubtful}");
}

#[test]
fn d_19_where_sources_contradict_each_other_the_rule_says_how() {
    let mut contradicted = 0;
    for name in CATALOG.names() {
        let meanings = &CATALOG.profile(name).unwrap_or_else(|errors| panic!("{errors}")).meanings;
        let single = meanings.meters.iter().map(|rule| (rule.grade, &rule.conflict, &rule.rule));
        let rows = meanings.meter_rows.iter().map(|rule| (rule.grade, &rule.conflict, &rule.rule));
        for (_, conflict, rule) in single.chain(rows).filter(|(grade, ..)| *grade == Grade::D) {
            assert!(conflict.as_ref().is_some_and(|conflict| !conflict.is_empty()), "{rule}");
            contradicted += 1;
        }
    }
    assert!(contradicted > 0);
}
