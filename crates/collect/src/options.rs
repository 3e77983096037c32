//! Installed hardware and the versions of components, as a vendor's objects tell them.

use model::record::DeviceOption;
use snmp::Value;

use crate::cells::Source;

/// Reads what is installed, in the order of the vendor's file; what says nothing is left out.
pub(crate) fn read(source: &mut Source<'_>) -> Vec<DeviceOption> {
    let profile = source.profile;
    let mut options = Vec::new();
    for rule in &profile.meanings.options {
        let cell = source.alone(rule.object);
        let value = match cell.value {
            Some(Value::OctetString(_)) => source.text(cell),
            Some(_) => source.integer(cell).map(|number| number.to_string()),
            None => None,
        };
        options.extend(value.map(|value| DeviceOption { name: rule.name.to_string(), value, origin: cell.origin() }));
    }
    options
}
