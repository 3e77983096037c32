//! prtInputTable: trays and feeders, what lies in them and how much.

use catalog::Standard;
use model::record::Input;
use model::standard::{CapacityUnit, InputType};

use crate::cells::{Grid, Source};

/// Reads the inputs, ordered by index. The name is prtInputName, else prtInputDescription.
pub(crate) fn read(source: &mut Source<'_>) -> Vec<Input> {
    let grid = Grid::read(
        source,
        [
            Standard::PrtInputType,
            Standard::PrtInputCapacityUnit,
            Standard::PrtInputMaxCapacity,
            Standard::PrtInputCurrentLevel,
            Standard::PrtInputStatus,
            Standard::PrtInputMediaName,
            Standard::PrtInputName,
            Standard::PrtInputDescription,
        ],
    );
    let mut inputs = Vec::with_capacity(grid.len());
    for (instance, [kind, unit, capacity, level, status, media, name, description]) in grid.rows() {
        let capacity = source.capacity(capacity);
        let name = source.text(name);
        let description = source.words(description);
        inputs.push(Input {
            index: instance.row(),
            name: name.or_else(|| description.map(|text| text.into_owned())),
            kind: source.word(kind, InputType::from_number),
            media: source.text(media),
            unit: source.word(unit, CapacityUnit::from_number),
            capacity,
            level: source.level(level, capacity),
            status: source.sub_unit_status(status),
            origin: level.origin(),
        });
    }
    inputs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Device;
    use model::Level;

    #[test]
    fn a_tray_is_read_with_its_typed_level() {
        let record = Device::new()
            .integer(Standard::PrtInputType, &[1, 2], 3)
            .integer(Standard::PrtInputCapacityUnit, &[1, 2], 8)
            .integer(Standard::PrtInputMaxCapacity, &[1, 2], 250)
            .integer(Standard::PrtInputCurrentLevel, &[1, 2], -3)
            .integer(Standard::PrtInputStatus, &[1, 2], 19)
            .text(Standard::PrtInputMediaName, &[1, 2], b"iso-a4-white")
            .text(Standard::PrtInputDescription, &[1, 2], b"Tray 2")
            .collect();
        let tray = &record.inputs[0];
        assert_eq!((tray.index, tray.name.as_deref(), tray.capacity, tray.level), (2, Some("Tray 2"), Some(250), Level::Some));
        assert_eq!(tray.status.unwrap().to_string(), "unavailableBecauseBroken+criticalAlert");
        assert_eq!((tray.kind, tray.unit), (Some(InputType::SheetFeedAutoRemovableTray), Some(CapacityUnit::Sheets)));
    }

    #[test]
    fn rows_may_be_missing_between_others() {
        let rows = [1, 3, 5].into_iter().fold(Device::new(), |device, row| device.integer(Standard::PrtInputCurrentLevel, &[1, row], 100));
        assert_eq!(rows.collect().inputs.iter().map(|input| input.index).collect::<Vec<_>>(), [1, 3, 5]);
    }

    #[test]
    fn a_status_beyond_its_sum_is_a_problem() {
        let record = Device::new().integer(Standard::PrtInputStatus, &[1, 1], 300).collect();
        assert_eq!(
            (record.inputs[0].status, record.problems),
            (None, vec!["prtInputStatus.1.1: value 300, expected 0 to 126".to_string()])
        );
    }
}
