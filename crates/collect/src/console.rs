//! prtConsoleDisplayBufferTable: what stands on the panel.

use catalog::Standard;

use crate::cells::{Grid, Source};
use crate::text;

/// The most lines that are read.
const MOST: u64 = 8;

/// Returns the lines of the panel, joined by a line feed; `None` if nothing stands there.
pub(crate) fn read(source: &mut Source<'_>) -> Option<String> {
    let grid = Grid::read(source, [Standard::PrtConsoleDisplayBufferText]);
    let lines = source.counter(source.of_device(Standard::PrtConsoleNumberOfDisplayLines)).unwrap_or(MOST).min(MOST);
    let mut panel = String::new();
    for (place, (_, [line])) in grid.rows().filter(|(instance, _)| u64::from(instance.row()) <= lines).enumerate() {
        if place > 0 {
            panel.push('\n');
        }
        if let Some(octets) = source.octets(line) {
            panel.push_str(&text::lines(octets, source.console_charset));
        }
    }
    let kept = panel.trim().len();
    match kept {
        0 => None,
        kept if kept == panel.len() => Some(panel),
        _ => Some(panel.trim().to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Device;

    #[test]
    fn the_lines_of_the_panel_are_joined() {
        let device = Device::new()
            .integer(Standard::PrtConsoleLocalization, &[1], 1)
            .integer(Standard::PrtLocalizationCharacterSet, &[1, 1], 2004)
            .text(Standard::PrtConsoleDisplayBufferText, &[1, 1], b"Bereit  ")
            .text(Standard::PrtConsoleDisplayBufferText, &[1, 2], b"Fach 2 f\xcfllen")
            .text(Standard::PrtConsoleDisplayBufferText, &[1, 3], b"");
        assert_eq!(device.collect().status.console.as_deref(), Some("Bereit\nFach 2 füllen"));
    }

    #[test]
    fn an_empty_panel_says_nothing() {
        let device = (1..=5).fold(Device::new(), |device, line| device.text(Standard::PrtConsoleDisplayBufferText, &[1, line], b"  "));
        assert_eq!(device.collect().status.console, None);
    }
}
