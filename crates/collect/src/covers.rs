//! prtCoverTable: doors and interlocks.

use catalog::Standard;
use model::record::Cover;
use model::standard::CoverStatus;

use crate::cells::{Grid, Source};

/// Reads the covers, ordered by index.
pub(crate) fn read(source: &mut Source<'_>) -> Vec<Cover> {
    let grid = Grid::read(source, [Standard::PrtCoverDescription, Standard::PrtCoverStatus]);
    let mut covers = Vec::with_capacity(grid.len());
    for (instance, [description, status]) in grid.rows() {
        covers.push(Cover {
            index: instance.row(),
            description: source.text(description),
            status: source.word(status, CoverStatus::from_number),
            origin: status.origin(),
        });
    }
    covers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Device;

    #[test]
    fn an_open_cover_is_told() {
        let record =
            Device::new().text(Standard::PrtCoverDescription, &[1, 1], b"Front").integer(Standard::PrtCoverStatus, &[1, 1], 3).collect();
        let cover = &record.covers[0];
        assert_eq!((cover.description.as_deref(), cover.status), (Some("Front"), Some(CoverStatus::CoverOpen)));
    }
}
