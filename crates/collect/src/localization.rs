//! prtLocalizationTable: in which charset the printer speaks.

use catalog::Standard;
use model::standard::Charset;

use crate::answers::Instance;
use crate::cells::{Cell, Source};

/// Returns the charset of the localization that an object points to; `None` if it is not said.
pub(crate) fn charset(source: &mut Source<'_>, pointer: Standard) -> Option<Charset> {
    let row = source.index(source.of_device(pointer))?;
    let instance = Instance::new(&[source.device, row])?;
    let value = source.answers.get(Standard::PrtLocalizationCharacterSet, instance.as_slice());
    let cell = Cell::of(Standard::PrtLocalizationCharacterSet, instance, value);
    source.word(cell, Charset::from_number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Device;

    #[test]
    fn localised_text_is_read_in_the_charset_of_the_row_in_force() {
        let record = Device::new()
            .integer(Standard::PrtGeneralCurrentLocalization, &[1], 2)
            .integer(Standard::PrtLocalizationCharacterSet, &[1, 1], 106)
            .integer(Standard::PrtLocalizationCharacterSet, &[1, 2], 17)
            .text(Standard::PrtMarkerSuppliesDescription, &[1, 1], b"\x83g\x83i\x81[")
            .collect();
        assert_eq!(record.supplies[0].description.as_deref(), Some("トナー"));
        assert_eq!(record.problems, [""; 0]);
    }

    #[test]
    fn a_localization_without_a_row_leaves_the_charset_open() {
        let record = Device::new()
            .integer(Standard::PrtGeneralCurrentLocalization, &[1], 7)
            .text(Standard::PrtMarkerSuppliesDescription, &[1, 1], b"B\xfcro")
            .collect();
        assert_eq!(record.supplies[0].description.as_deref(), Some("Büro"));
    }
}
