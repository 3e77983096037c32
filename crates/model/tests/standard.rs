//! Enumerations by example, as they travel in records.

use model::standard::*;

#[test]
fn other_keeps_its_number_and_reads_as_the_standard_writes_it() {
    assert_eq!(MarkerSuppliesType::from_number(21).to_string(), "tonerCartridge");
    assert_eq!(MarkerSuppliesType::from_number(1), MarkerSuppliesType::Other(1));
    assert_eq!(MarkerSuppliesType::from_number(1).to_string(), "other");
    assert_eq!(MarkerSuppliesType::from_number(77).to_string(), "other(77)");
    assert_eq!("other(77)".parse(), Ok(MarkerSuppliesType::Other(77)));
    assert_eq!("other(21)".parse(), Ok(MarkerSuppliesType::TonerCartridge), "a listed number is never other");
    assert!("tonerCartidge".parse::<MarkerSuppliesType>().is_err());
    assert_eq!(MarkerCounterUnit::from_number(1).to_string(), "other(1)", "this convention has no other of its own");
    assert_eq!(AlertGroup::from_number(60).to_string(), "faxDevice");
}

#[test]
fn values_travel_by_their_label() {
    let json = serde_json::to_string(&[InputType::SheetFeedManual, InputType::Other(1), InputType::Other(9)]).unwrap();
    assert_eq!(json, r#"["sheetFeedManual","other","other(9)"]"#);
    let back: [InputType; 3] = serde_json::from_str(&json).unwrap();
    assert_eq!(back, [InputType::SheetFeedManual, InputType::Other(1), InputType::Other(9)]);
    assert!(serde_json::from_str::<InputType>("\"tray\"").unwrap_err().to_string().starts_with("not a label of InputType"));
}

#[test]
fn finisher_codes_are_family_times_a_hundred_and_the_generic_code() {
    let missing = AlertCode::from_number(30209);
    assert_eq!((missing.to_string(), missing.number()), ("staplerMissing".to_string(), 30209));
    assert_eq!(missing.generic(), AlertCode::SubunitMissing);
    assert_eq!("inserterThermistorFailure".parse::<AlertCode>().map(AlertCode::number), Ok(31838));
    assert_eq!(AlertCode::from_number(30202), AlertCode::Other(30202), "unknown is not a finisher's");
    assert_eq!(AlertCode::from_number(31909), AlertCode::Other(31909));
    assert_eq!(AlertCode::from_number(1508), AlertCode::Other(1508), "never assigned");
}

#[test]
fn a_sub_unit_status_is_read_as_words_and_back() {
    for sum in 0..128 {
        let status = SubUnitStatus::from_number(sum).unwrap();
        assert_eq!((status.number(), status.to_string().parse()), (sum, Ok(status)));
    }
    assert_eq!(SubUnitStatus::from_number(128), None);
    let status = SubUnitStatus::from_number(9).unwrap();
    assert_eq!(status.to_string(), "unavailableAndOnRequest+nonCriticalAlert");
    assert_eq!(SubUnitStatus::from_number(0).unwrap().to_string(), "availableAndIdle");
    assert_eq!(SubUnitStatus::from_number(5).unwrap().availability(), Availability::Unknown);
}

#[test]
fn error_bits_count_from_the_most_significant() {
    assert_eq!(ErrorState::from_octets(&[0x20]), [ErrorState::LowToner]);
    assert_eq!(ErrorState::from_octets(&[0x00, 0x02]), [ErrorState::OverduePreventMaint]);
    assert_eq!(ErrorState::from_octets(&[0x00, 0x01]), [ErrorState::Other(15)], "not defined, kept");
    assert_eq!(ErrorState::from_octets(&[0xff, 0xfe, 0xff]).len(), 15, "octets beyond the second are not looked at");
}
