//! prtGeneralTable, and which of the host's devices is the printer.

use catalog::meaning::DeviationKind;
use catalog::{Catalog, Profile, Standard};

use crate::Context;
use crate::answers::{Answers, Instance};
use crate::cells::Source;
use crate::{evidence, localization};

/// Opens the answers for reading: finds the printer's hrDeviceIndex and its charsets.
pub(crate) fn open<'a>(profile: &'a Profile, catalog: &'a Catalog, answers: &'a Answers, context: &'a Context) -> Source<'a> {
    let device = device_index(answers);
    let mut source = Source { profile, catalog, answers, context, device, charset: None, console_charset: None, problems: Vec::new() };
    source.charset = localization::charset(&mut source, Standard::PrtGeneralCurrentLocalization);
    let known = profile.meanings.deviations(|kind| match kind {
        DeviationKind::Charset(charset) => Some(*charset),
        _ => None,
    });
    if let Some(charset) = known.last() {
        (source.charset, source.console_charset) = (Some(charset), Some(charset));
        return source;
    }
    source.console_charset = localization::charset(&mut source, Standard::PrtConsoleLocalization).or(source.charset);
    source
}

/// Returns hrDeviceIndex of the printer, nearly always 1.
///
/// hrDeviceTable lists the host's disks and processors too, so the tables that only a printer has
/// are asked first.
fn device_index(answers: &Answers) -> u32 {
    const PRINTERS_ONLY: [Standard; 6] = [
        Standard::PrtGeneralConfigChanges,
        Standard::PrtGeneralCurrentLocalization,
        Standard::HrPrinterStatus,
        Standard::PrtMarkerLifeCount,
        Standard::PrtMarkerSuppliesLevel,
        Standard::PrtInputCurrentLevel,
    ];
    let of_table = PRINTERS_ONLY.iter().find_map(|object| answers.first(*object)).map(|(instance, _)| instance);
    let of_type = || evidence::printer_devices(answers).next();
    of_table.or_else(of_type).as_ref().map_or(1, Instance::device)
}
