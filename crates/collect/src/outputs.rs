//! prtOutputTable: bins, and the room left in them.

use catalog::Standard;
use model::record::Output;
use model::standard::{CapacityUnit, OutputType};

use crate::cells::{Grid, Source};

/// Reads the outputs, ordered by index. The name is prtOutputName, else prtOutputDescription.
pub(crate) fn read(source: &mut Source<'_>) -> Vec<Output> {
    let grid = Grid::read(
        source,
        [
            Standard::PrtOutputType,
            Standard::PrtOutputCapacityUnit,
            Standard::PrtOutputMaxCapacity,
            Standard::PrtOutputRemainingCapacity,
            Standard::PrtOutputStatus,
            Standard::PrtOutputName,
            Standard::PrtOutputDescription,
        ],
    );
    let mut outputs = Vec::with_capacity(grid.len());
    for (instance, [kind, unit, capacity, room, status, name, description]) in grid.rows() {
        let capacity = source.capacity(capacity);
        let name = source.text(name);
        let description = source.words(description);
        outputs.push(Output {
            index: instance.row(),
            name: name.or_else(|| description.map(|text| text.into_owned())),
            kind: source.word(kind, OutputType::from_number),
            unit: source.word(unit, CapacityUnit::from_number),
            capacity,
            room: source.level(room, capacity),
            status: source.sub_unit_status(status),
            origin: room.origin(),
        });
    }
    outputs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Device;
    use model::Level;

    #[test]
    fn a_bin_tells_the_room_that_is_left() {
        let record = Device::new()
            .integer(Standard::PrtOutputType, &[1, 1], 4)
            .integer(Standard::PrtOutputMaxCapacity, &[1, 1], 500)
            .integer(Standard::PrtOutputRemainingCapacity, &[1, 1], 320)
            .text(Standard::PrtOutputName, &[1, 1], b"Face-down bin")
            .collect();
        let bin = &record.outputs[0];
        assert_eq!(
            (bin.room, bin.capacity, bin.name.as_deref()),
            (Level::Measured { value: 320, step: None }, Some(500), Some("Face-down bin"))
        );
        assert_eq!(bin.origin.to_string(), "prtOutputRemainingCapacity.1.1");
    }
}
