use super::*;
use crate::ipp::value::DateTime;

/// Writes one value by hand.
fn value(tag: u8, name: &str, octets: &[u8]) -> Vec<u8> {
    let length = |part: &[u8]| (part.len() as u16).to_be_bytes();
    [&[tag][..], &length(name.as_bytes()), name.as_bytes(), &length(octets), octets].concat()
}

/// Puts values into the printer group of a message.
fn message(values: &[Vec<u8>]) -> Vec<u8> {
    [b"\x02\x00\x00\x00\x00\x00\x00\x01\x04".to_vec(), values.concat(), vec![3]].concat()
}

fn read(values: &[Vec<u8>]) -> Message {
    decode(&message(values)).expect("a message")
}

fn one(tag: u8, octets: &[u8]) -> Value {
    let message = read(&[value(tag, "a", octets)]);
    assert_eq!(message.problems, [], "{tag:#x}");
    let [value] = message.values("a") else { panic!("expected one value, found {:?}", message.values("a")) };
    value.clone()
}

fn problems(message: &Message) -> Vec<String> {
    message.problems.iter().map(Problem::to_string).collect()
}

#[test]
fn every_tag_of_the_standard_has_its_value() {
    assert_eq!(one(0x10, b""), Value::Unsupported);
    assert_eq!(one(0x12, b""), Value::Unknown);
    assert_eq!(one(0x13, b""), Value::NoValue);
    assert_eq!(one(0x21, &[0xff, 0xff, 0xff, 0xfe]), Value::Integer(-2));
    assert_eq!((one(0x22, &[1]), one(0x22, &[0])), (Value::Boolean(true), Value::Boolean(false)));
    assert_eq!(one(0x23, &[0, 0, 0, 5]), Value::Enum(5));
    assert_eq!(one(0x30, &[1, 0, 0xff]), Value::Octets(vec![1, 0, 0xff]));
    let resolution = [0, 0, 2, 88, 0, 0, 4, 176, 3];
    assert_eq!(one(0x32, &resolution), Value::Resolution { cross_feed: 600, feed: 1200, unit: 3 });
    assert_eq!(one(0x33, &[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 9]), Value::Range { lower: -1, upper: 9 });
    assert_eq!(one(0x41, b"Nine"), Value::Text("Nine".into()));
    assert_eq!(one(0x42, "Zürich".as_bytes()), Value::Name("Zürich".into()));
    assert_eq!(one(0x44, b"none"), Value::Keyword("none".into()));
    assert_eq!(one(0x45, b"urn:uuid:1"), Value::Uri("urn:uuid:1".into()));
    assert_eq!(one(0x46, b"ipp"), Value::UriScheme("ipp".into()));
    assert_eq!(one(0x47, b"utf-8"), Value::Charset("utf-8".into()));
    assert_eq!(one(0x48, b"en"), Value::NaturalLanguage("en".into()));
    assert_eq!(one(0x49, b"image/pwg-raster"), Value::MimeMediaType("image/pwg-raster".into()));
}

#[test]
fn a_date_is_read_with_its_offset() {
    let date = one(0x31, &[0x07, 0xea, 11, 30, 8, 56, 12, 3, b'-', 5, 30]);
    assert_eq!(date.to_string(), "2026-11-30T08:56:12-05:30");
    let Value::DateTime(DateTime { offset_minutes: -330, decisecond: 3, .. }) = date else { panic!("{date:?}") };
}

#[test]
fn unknown_tags_are_kept_as_octets() {
    for tag in [0x11, 0x15, 0x20, 0x2f, 0x38, 0x40, 0x43, 0x4b, 0x7f, 0xff] {
        assert_eq!(one(tag, &[7, 0]), Value::Other { tag, octets: vec![7, 0] });
    }
}

#[test]
fn p_13_of_a_text_with_language_the_text_is_taken() {
    let octets = b"\x00\x05en-us\x00\x04Nine";
    assert_eq!(one(0x35, octets), Value::Text("Nine".into()));
    assert_eq!(one(0x36, octets), Value::Name("Nine".into()));
    for broken in [&b"\x00\x09en"[..], b"\x00\x02en\x00\x09Nine", b"\x00\x02en\x00\x01Nine", b"", b"\x00"] {
        let message = read(&[value(0x35, "printer-info", broken)]);
        assert_eq!(message.values("printer-info"), [Value::Other { tag: 0x35, octets: broken.to_vec() }]);
        assert_eq!(message.problems.len(), 1, "{broken:?}");
    }
}

#[test]
fn octets_that_do_not_fit_their_tag_are_kept_and_told_and_never_a_number() {
    for (tag, octets) in
        [(0x21, &[1, 2][..]), (0x22, &[2]), (0x22, &[]), (0x23, &[0; 5]), (0x31, &[0; 11]), (0x32, &[0; 8]), (0x33, &[0; 7])]
    {
        let message = read(&[value(tag, "marker-levels", octets)]);
        assert_eq!(message.values("marker-levels"), [Value::Other { tag, octets: octets.to_vec() }]);
        let expected = format!("attribute marker-levels has {} octets that do not fit tag 0x{tag:02x}", octets.len());
        assert_eq!(problems(&message), [expected]);
    }
}

#[test]
fn a_single_value_and_a_list_are_asked_for_alike() {
    let single = read(&[value(0x21, "marker-levels", &[0, 0, 0, 7])]);
    assert_eq!(single.values("marker-levels"), [Value::Integer(7)]);
    let list = read(&[value(0x21, "marker-levels", &[0, 0, 0, 7]), value(0x21, "", &[0xff, 0xff, 0xff, 0xfd])]);
    assert_eq!(list.values("marker-levels"), [Value::Integer(7), Value::Integer(-3)]);
    assert_eq!(list.values("marker-names"), []);
}

#[test]
fn head_and_groups_are_read() {
    let octets = [
        b"\x01\x01\x00\x01\x00\x00\x00\x2a\x01".to_vec(),
        value(0x47, "attributes-charset", b"utf-8"),
        value(0x41, "status-message", b"ok"),
        vec![5],
        value(0x10, "marker-levels", b""),
        vec![4],
        value(0x42, "printer-name", b"one"),
        vec![4],
        value(0x42, "printer-name", b"two"),
        vec![9],
        vec![3, 0xde, 0xad],
    ];
    let message = decode(&octets.concat()).expect("a message");
    assert_eq!((message.version, message.request_id), ((1, 1), 42));
    assert!(message.status.is_success());
    let kinds: Vec<GroupKind> = message.groups.iter().map(|group| group.kind).collect();
    use GroupKind::{Operation, Other, Printer, Unsupported};
    assert_eq!(kinds, [Operation, Unsupported, Printer, Printer, Other(9)]);
    let names: Vec<_> = message.printers().map(|printer| printer.text("printer-name")).collect();
    assert_eq!(names, [Some("one"), Some("two")], "printers are kept apart");
    assert_eq!(message.values("printer-name"), [Value::Name("one".into())]);
    assert_eq!(message.status_message(), Some("ok"));
    assert_eq!(message.problems, [], "what lies behind the end is no business of ours");
}

#[test]
fn p_14_an_error_without_a_printer_is_an_answer() {
    let message = decode(b"\x01\x01\x05\x03\x00\x00\x00\x01\x01\x03").expect("a message");
    assert_eq!(message.status, Status::VERSION_NOT_SUPPORTED);
    assert_eq!(message.printers().count(), 0);
    assert_eq!(message.values("printer-state"), []);
}

#[test]
fn p_14_an_empty_group_is_a_printer_that_says_nothing() {
    let message = read(&[]);
    assert_eq!(message.printers().map(Attributes::len).collect::<Vec<_>>(), [0]);
    assert_eq!(message.problems, []);
}

#[test]
fn p_14_a_collection_with_a_wrong_length_costs_only_what_follows() {
    let mut octets = message(&[value(0x23, "printer-state", &[0, 0, 0, 3])]);
    octets.pop();
    octets.extend(b"\x34\x00\x09media-col\x02\x21\x00\x06job-id");
    let message = decode(&octets).expect("a message");
    assert_eq!(message.values("printer-state"), [Value::Enum(3)]);
    assert_eq!(problems(&message), ["attribute media-col ends after 8 of 545 octets"]);
}

#[test]
fn a_truncated_message_gives_what_came_before_the_cut_wherever_it_is() {
    let whole = message(&[value(0x23, "printer-state", &[0, 0, 0, 3]), value(0x30, "printer-supply", &[b'x'; 40]), value(0x30, "", b"y")]);
    for end in 8..whole.len() {
        let message = decode(&whole[..end]).expect("a head");
        assert!(!message.problems.is_empty(), "{end}");
        let expected: &[Value] = if end >= 9 + 22 { &[Value::Enum(3)] } else { &[] };
        assert_eq!(message.values("printer-state"), expected, "{end}");
    }
    let first_supply = 9 + 22 + 5 + 14;
    let message = decode(&whole[..first_supply + 12]).expect("a head");
    assert_eq!(problems(&message), ["attribute printer-supply ends after 12 of 40 octets"]);
    assert_eq!(message.values("printer-supply"), []);
    let message = decode(&whole[..first_supply + 40 + 5]).expect("a head");
    assert_eq!(problems(&message), ["attribute printer-supply ends after 0 of 1 octets"], "a further value has the name before it");
    assert_eq!(message.values("printer-supply"), [Value::Octets(vec![b'x'; 40])]);
}

#[test]
fn what_is_no_message_is_refused() {
    assert_eq!(decode(b""), Err(NotIpp::Short { octets: 0 }));
    assert_eq!(decode(b"\x02\x00\x00\x00\x00\x00\x00"), Err(NotIpp::Short { octets: 7 }));
    assert_eq!(decode(b"<html><head>"), Err(NotIpp::Version { major: b'<' }));
}

fn member(name: &str) -> Vec<u8> {
    value(0x4a, "", name.as_bytes())
}

fn integer(number: i32) -> Vec<u8> {
    value(0x21, "", &number.to_be_bytes())
}

fn begin(name: &str) -> Vec<u8> {
    value(0x34, name, b"")
}

fn end() -> Vec<u8> {
    value(0x37, "", b"")
}

#[test]
fn collections_have_members_with_lists_and_collections_of_their_own() {
    let message = read(&[
        begin("media-col"),
        member("size"),
        begin(""),
        member("x"),
        integer(21_000),
        end(),
        member("margins"),
        integer(1),
        integer(2),
        end(),
        begin(""),
        member("size"),
        integer(7),
        end(),
        value(0x21, "after", &[0, 0, 0, 9]),
    ]);
    assert_eq!(message.problems, []);
    let [Value::Collection(first), Value::Collection(second)] = message.values("media-col") else { panic!("{message:?}") };
    assert_eq!(first.values("margins"), [Value::Integer(1), Value::Integer(2)]);
    assert_eq!(first.value("size").and_then(Value::collection).and_then(|size| size.number("x")), Some(21_000));
    assert_eq!(second.number("size"), Some(7));
    assert_eq!(message.values("after"), [Value::Integer(9)]);
    assert_eq!(first.to_string(), "{margins=1,2 size={x=21000}}");
}

#[test]
fn collections_a_thousand_deep_are_skipped_and_what_follows_is_read() {
    let nest = |depth: usize| {
        let mut values = vec![begin("deep")];
        (1..depth).for_each(|_| values.extend([member("m"), begin("")]));
        values.extend((0..depth).map(|_| end()));
        values.push(value(0x21, "after", &[0, 0, 0, 9]));
        read(&values)
    };
    let depth_of = |message: &Message| {
        let mut depth = 0;
        let mut inner = message.values("deep").first();
        while let Some(Value::Collection(members)) = inner {
            depth += 1;
            inner = members.value("m");
        }
        depth
    };
    for (depth, kept) in [(1, 1), (16, 16), (17, 16), (1000, 16), (9_000, 16)] {
        let message = nest(depth);
        assert_eq!(depth_of(&message), kept, "{depth}");
        assert_eq!(message.values("after"), [Value::Integer(9)], "{depth}");
        assert_eq!(message.problems.len(), usize::from(depth > kept), "{depth}: {:?}", message.problems);
    }
}

#[test]
fn a_collection_without_an_end_ends_with_its_attribute_or_group() {
    let cases =
        [vec![begin("col"), member("m"), integer(5), value(0x21, "after", &[0, 0, 0, 9])], vec![begin("col"), member("m"), integer(5)]];
    for values in cases {
        let message = read(&values);
        let [Value::Collection(members)] = message.values("col") else { panic!("{message:?}") };
        assert_eq!(members.number("m"), Some(5));
        assert_eq!(problems(&message), ["attribute col has a collection without an end"]);
    }
}

#[test]
fn stray_parts_are_told_and_left_out() {
    for stray in [integer(1), end(), member("m"), begin("")] {
        let message = read(&[stray, value(0x21, "after", &[0, 0, 0, 9])]);
        assert_eq!(message.values("after"), [Value::Integer(9)]);
        assert_eq!(message.problems.len(), 1, "{:?}", message.problems);
    }
    for stray in [end(), member("m")] {
        let message = read(&[value(0x21, "a", &[0, 0, 0, 1]), stray]);
        assert_eq!(message.values("a"), [Value::Integer(1)]);
        assert_eq!(message.problems.len(), 1, "{:?}", message.problems);
    }
    let message = read(&[begin("col"), integer(5), member("m"), integer(6), end()]);
    assert_eq!(message.values("col")[0].to_string(), "{m=6}", "a value before the first member has no name");
    assert_eq!(message.problems.len(), 1);
}

#[test]
fn an_attribute_before_the_first_group_belongs_to_nobody() {
    let octets = [b"\x02\x00\x00\x00\x00\x00\x00\x01".to_vec(), value(0x21, "a", &[0, 0, 0, 1]), vec![4, 3]].concat();
    let message = decode(&octets).expect("a message");
    assert_eq!(problems(&message), ["attribute a belongs to no group"]);
    assert!(message.groups.iter().all(|group| group.attributes.is_empty()));
}

#[test]
fn of_an_attribute_given_twice_the_first_is_kept() {
    let message = read(&[value(0x21, "a", &[0, 0, 0, 1]), value(0x21, "a", &[0, 0, 0, 2])]);
    assert_eq!(message.values("a"), [Value::Integer(1)]);
    assert_eq!(problems(&message), ["attribute a is there twice; the first was kept"]);
}

#[test]
fn an_attribute_of_a_megabyte_is_kept_and_one_of_five_is_cut_at_four() {
    let chunk = vec![b'x'; 0xffff];
    let values = |count: usize| {
        let mut values = vec![value(0x30, "printer-supply", &chunk)];
        values.extend((1..count).map(|_| value(0x30, "", &chunk)));
        read(&values)
    };
    assert_eq!(values(16).values("printer-supply").len(), 16);
    assert_eq!(values(16).problems, []);
    let message = values(80);
    assert_eq!(message.values("printer-supply").len(), 63);
    assert!(matches!(message.problems[..], [Problem::TooLong { .. }, Problem::Truncated { .. }]), "{:?}", problems(&message));
}

#[test]
fn values_and_attributes_beyond_the_bounds_are_dropped_and_told_once() {
    let mut values = vec![value(0x21, "many", &[0; 4])];
    values.extend((0..5_000).map(|_| integer(1)));
    values.push(value(0x21, "after", &[0, 0, 0, 9]));
    let message = read(&values);
    assert_eq!((message.values("many").len(), message.values("after").len()), (VALUES, 1));
    assert_eq!(problems(&message), ["attribute many has more than 1000 values; the rest was left out"]);

    let values: Vec<_> = (0..20_000).map(|number| value(0x21, &format!("a{number}"), &[0; 4])).collect();
    let message = read(&values);
    let kept = message.printers().map(Attributes::len).sum::<usize>();
    assert!((ATTRIBUTES - 1..=ATTRIBUTES).contains(&kept), "{kept}");
    assert_eq!(message.problems, [Problem::TooManyAttributes]);

    let groups = decode(&[&b"\x02\x00\x00\x00\x00\x00\x00\x01"[..], &[4; 1 << 20]].concat()).expect("a message").groups;
    assert!(groups.len() <= ATTRIBUTES + 1);
}

#[test]
fn problems_are_told_within_bounds() {
    let values: Vec<_> = (0..5_000).map(|number| value(0x21, &format!("a{number}"), &[0])).collect();
    let message = read(&values);
    assert_eq!((message.problems.len(), message.problems.last()), (PROBLEMS, Some(&Problem::More)));
    let long = read(&[value(0x21, &"n".repeat(60_000), &[0])]);
    assert!(problems(&long)[0].len() < 400);
}

#[test]
fn text_that_is_not_utf_8_is_read_as_latin_1_and_told() {
    let message = read(&[value(0x41, "printer-location", b"B\xfcro")]);
    assert_eq!(message.values("printer-location"), [Value::Text("Büro".into())]);
    assert_eq!(problems(&message), ["attribute printer-location is not UTF-8; read as ISO 8859-1"]);
}

#[test]
fn values_are_shown_as_a_person_would_write_them() {
    let shown = |tag, octets: &[u8]| one(tag, octets).to_string();
    assert_eq!(shown(0x30, b"index=1;"), "index=1;");
    assert_eq!(shown(0x30, &[0, 1]), "0001");
    assert_eq!(shown(0x32, &[0, 0, 2, 88, 0, 0, 2, 88, 3]), "600x600 dpi");
    assert_eq!(shown(0x33, &[0, 0, 0, 1, 0, 0, 0, 9]), "1-9");
    assert_eq!((shown(0x13, b""), shown(0x22, &[1]), shown(0x44, b"none")), ("no-value".into(), "true".into(), "none".into()));
}

proptest::proptest! {
    #[test]
    fn no_octets_make_it_panic(octets in proptest::collection::vec(proptest::num::u8::ANY, 0..600)) {
        let _ = decode(&octets);
        let _ = decode(&[b"\x02\x00\x00\x00\x00\x00\x00\x01\x04".as_slice(), &octets].concat());
    }
}
