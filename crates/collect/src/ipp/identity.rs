//! Who a printer says over IPP that it is.

use std::collections::BTreeMap;

use catalog::Catalog;
use model::Origin;
use model::record::Identity;
use printport::device_id::DeviceId;
use printport::ipp::{Attributes, firmware};

use crate::identity::serial_in;
use crate::naming;

/// Reads the identity. The maker is the device ID's, else the one that printer-make-and-model names; the
/// model is that of printer-make-and-model, else the device ID's.
///
/// Source: RFC 8011 §5.4, PWG 5100.13, PWG 5107.2.
pub(super) fn read(attributes: &Attributes, catalog: &Catalog) -> Identity {
    let text = |name: &str| attributes.text(name).map(str::trim).filter(|text| !text.is_empty()).map(str::to_string);
    let device_id = text("printer-device-id").filter(|id| id.contains(':'));
    let make_and_model = text("printer-make-and-model");
    let parsed_id = device_id.as_deref().map(|id| DeviceId::parse(id.as_bytes())).unwrap_or_default();
    let of_id = naming::of_device_id(&parsed_id, catalog);
    let of_name = make_and_model.as_deref().map(|name| naming::of_device_description(name, catalog, None)).unwrap_or_default();
    let mut origins = BTreeMap::new();
    let mut first = |fact: &str, words: [(Option<String>, &'static str); 2]| {
        let (word, origin) = words.into_iter().find_map(|(word, origin)| Some((word?, origin)))?;
        origins.insert(fact.to_string(), vec![Origin::new(origin, &[])]);
        Some(word)
    };
    let by_id = of_id.manufacturer.filter(|_| !of_id.by_model).map(str::to_string);
    let either = of_name.manufacturer.or(of_id.manufacturer).map(str::to_string);
    let manufacturer = first("manufacturer", [(by_id, "printer-device-id"), (either, "printer-make-and-model")]);
    let model = first("model", [(of_name.model, "printer-make-and-model"), (of_id.model, "printer-device-id")]);
    let said = |serial: String| Some(serial).filter(|serial| model::filler::serial_tells(serial));
    let id_serial = of_id.serial_number.map(|serial| serial_in(serial, catalog, manufacturer.as_deref()));
    let serial_number = first(
        "serial_number",
        [(text("printer-serial-number").and_then(said), "printer-serial-number"), (id_serial.and_then(said), "printer-device-id")],
    );
    let firmware = first(
        "firmware",
        [(firmware::version(attributes), "printer-firmware-string-version"), (of_id.firmware.map(str::to_string), "printer-device-id")],
    );
    let location = text("printer-location");
    if location.is_some() {
        origins.insert("location".to_string(), vec![Origin::new("printer-location", &[])]);
    }
    Identity {
        manufacturer,
        model,
        serial_number,
        firmware,
        // What the printer announces itself as; SNMP's sysName is taken before it.
        system_name: text("printer-dns-sd-name"),
        location,
        printer_uuid: text("printer-uuid"),
        device_id,
        origins,
        ..Identity::default()
    }
}

#[cfg(test)]
mod tests {
    use crate::ipp::testing::Printer;

    #[test]
    fn the_model_is_named_and_the_maker_is_the_device_ids() {
        let identity = Printer::new()
            .texts("printer-make-and-model", &["HP LaserJet M605"])
            .texts("printer-device-id", &["MFG:Hewlett-Packard;CMD:PCL;MDL:HP LaserJet M605;CLS:PRINTER;SN:PHBBB12345;"])
            .texts("printer-uuid", &["urn:uuid:4509a320-00a0-008f-00b6-002507510eca"])
            .texts("printer-location", &[""])
            .collect()
            .identity;
        assert_eq!((identity.manufacturer.as_deref(), identity.model.as_deref()), (Some("HP"), Some("LaserJet M605")));
        assert_eq!((identity.serial_number.as_deref(), identity.location), (Some("PHBBB12345"), None));
        assert_eq!(identity.printer_uuid.as_deref(), Some("urn:uuid:4509a320-00a0-008f-00b6-002507510eca"));
        assert_eq!(identity.origins["serial_number"][0].to_string(), "printer-device-id");
        assert_eq!(identity.origins.get("location"), None);
        let placed = Printer::new().texts("printer-location", &["Room 7"]).collect().identity;
        assert_eq!(placed.origins["location"][0].to_string(), "printer-location");
    }

    #[test]
    fn p_16_a_device_id_may_lack_or_lack_its_maker() {
        let named = |id: &[&str]| {
            let identity =
                Printer::new().texts("printer-make-and-model", &["Brother MFC-J870DW"]).texts("printer-device-id", id).collect().identity;
            (identity.manufacturer, identity.model)
        };
        let expected = (Some("Brother".to_string()), Some("MFC-J870DW".to_string()));
        assert_eq!(named(&[]), expected);
        assert_eq!(named(&["CMD:PCL;CLS:PRINTER;"]), expected);
        assert_eq!(named(&["not an ID"]), expected);
    }

    #[test]
    fn p_16_a_serial_number_in_hex_is_read_for_the_maker_that_writes_it_so() {
        let serial = |maker: &str, digits: &str| {
            let id = format!("MFG:{maker};MDL:XP-330 Series;SN:{digits};");
            Printer::new().texts("printer-device-id", &[&id]).collect().identity.serial_number
        };
        assert_eq!(serial("EPSON", "583242453132333435").as_deref(), Some("X2BE12345"));
        assert_eq!(serial("HP", "583242453132333435").as_deref(), Some("583242453132333435"), "another maker's number");
        assert_eq!(serial("EPSON", "5832424531323334X5").as_deref(), Some("5832424531323334X5"), "no hex");
        assert_eq!(serial("EPSON", "583242453132333412").as_deref(), Some("583242453132333412"), "no text behind it");
    }
}
