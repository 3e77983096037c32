//! Whether two senders speak of the same device.

use wire::Facts;

/// Is what a device is known by across senders: maker and serial number, lower case.
///
/// `None` where either is missing or the serial number is a placeholder, which thousands share.
pub fn mark(facts: &Facts) -> Option<String> {
    let text = |key: &str| match facts.get(key) {
        Some(wire::Value::Text(text)) => Some(text.trim().to_lowercase()),
        _ => None,
    };
    let (maker, serial) = (text("identity/manufacturer")?, text("identity/serial_number")?);
    (!maker.is_empty() && !is_placeholder(&serial)).then(|| format!("{maker}\n{serial}"))
}

/// Returns whether a serial number is none: too short, one character over and over, or the name of the field.
fn is_placeholder(serial: &str) -> bool {
    let mut signs = serial.chars().filter(|sign| sign.is_alphanumeric());
    let first = signs.next();
    let tells = serial.chars().filter(|sign| sign.is_alphanumeric()).count() >= 4 && signs.any(|sign| Some(sign) != first);
    !tells || serial.starts_with("serial") || ["unknown", "none", "default", "not available", "notavailable"].contains(&serial)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::Key;

    fn named(maker: &str, serial: &str) -> Option<String> {
        mark(&Facts::from([(Key::from("identity/manufacturer"), maker.into()), (Key::from("identity/serial_number"), serial.into())]))
    }

    #[test]
    fn maker_and_serial_number_tell_a_device() {
        assert_eq!(named("Kyocera", "R8P1234567"), named("KYOCERA ", "r8p1234567"));
        assert_ne!(named("Kyocera", "R8P1234567"), named("Brother", "R8P1234567"));
    }

    #[test]
    fn placeholders_tell_nothing() {
        for serial in ["", "0000000000", "XXXXXXX", "serial_number", "n/a", "Unknown", "---"] {
            assert_eq!(named("Kyocera", serial), None, "{serial}");
        }
        assert_eq!(named("", "R8P1234567"), None);
    }
}
