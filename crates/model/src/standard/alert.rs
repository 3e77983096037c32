//! What went wrong, where, how badly, and who can put it right.

use core::fmt;

standard_enum! {
    /// Is how bad an alert is.
    ///
    /// Critical: printing has stopped and cannot go on until the cause is removed.
    /// `critical` and `warningBinaryChangeEvent` rows go when the condition goes; a `warning` row may stay.
    ///
    /// Source: RFC 3805, PrtAlertSeverityLevelTC.
    AlertSeverityLevel with other(1) {
        Critical = 3 "critical",
        Warning = 4 "warning",
        WarningBinaryChangeEvent = 5 "warningBinaryChangeEvent",
    }
}

standard_enum! {
    /// Is whom to send.
    ///
    /// Source: RFC 3805, PrtAlertTrainingLevelTC; IANA-PRINTER-MIB.
    AlertTrainingLevel with other(1) {
        Unknown = 2 "unknown",
        Untrained = 3 "untrained",
        Trained = 4 "trained",
        FieldService = 5 "fieldService",
        Management = 6 "management",
        NoInterventionRequired = 7 "noInterventionRequired",
    }
}

standard_enum! {
    /// Is the table whose sub-unit raised the alert; the number is the table's own sub-identifier.
    ///
    /// Source: RFC 3805, PrtAlertGroupTC; IANA-PRINTER-MIB, with the values 50 to 70 of its 2019 revision (PWG 5107.3).
    AlertGroup with other(1) {
        Unknown = 2 "unknown",
        HostResourcesMIBStorageTable = 3 "hostResourcesMIBStorageTable",
        HostResourcesMIBDeviceTable = 4 "hostResourcesMIBDeviceTable",
        GeneralPrinter = 5 "generalPrinter",
        Cover = 6 "cover",
        Localization = 7 "localization",
        Input = 8 "input",
        Output = 9 "output",
        Marker = 10 "marker",
        MarkerSupplies = 11 "markerSupplies",
        MarkerColorant = 12 "markerColorant",
        MediaPath = 13 "mediaPath",
        Channel = 14 "channel",
        Interpreter = 15 "interpreter",
        ConsoleDisplayBuffer = 16 "consoleDisplayBuffer",
        ConsoleLights = 17 "consoleLights",
        Alert = 18 "alert",
        FinDevice = 30 "finDevice",
        FinSupply = 31 "finSupply",
        FinSupplyMediaInput = 32 "finSupplyMediaInput",
        FinAttribute = 33 "finAttribute",
        ScanDevice = 50 "scanDevice",
        Scanner = 51 "scanner",
        ScanMediaPath = 52 "scanMediaPath",
        FaxDevice = 60 "faxDevice",
        FaxModem = 61 "faxModem",
        OutputChannel = 70 "outputChannel",
    }
}

standard_enum! {
    /// Is what happened.
    ///
    /// The codes of finishers are not listed one by one: they are composed (see [`FinisherCode`]).
    ///
    /// Source: RFC 3805, PrtAlertCodeTC; IANA-PRINTER-MIB, revision of 2016-09-14: 707 values.
    AlertCode with other(1), composed Finisher(FinisherCode) {
        Unknown = 2 "unknown",
        CoverOpen = 3 "coverOpen",
        CoverClosed = 4 "coverClosed",
        InterlockOpen = 5 "interlockOpen",
        InterlockClosed = 6 "interlockClosed",
        ConfigurationChange = 7 "configurationChange",
        Jam = 8 "jam",
        SubunitMissing = 9 "subunitMissing",
        SubunitLifeAlmostOver = 10 "subunitLifeAlmostOver",
        SubunitLifeOver = 11 "subunitLifeOver",
        SubunitAlmostEmpty = 12 "subunitAlmostEmpty",
        SubunitEmpty = 13 "subunitEmpty",
        SubunitAlmostFull = 14 "subunitAlmostFull",
        SubunitFull = 15 "subunitFull",
        SubunitNearLimit = 16 "subunitNearLimit",
        SubunitAtLimit = 17 "subunitAtLimit",
        SubunitOpened = 18 "subunitOpened",
        SubunitClosed = 19 "subunitClosed",
        SubunitTurnedOn = 20 "subunitTurnedOn",
        SubunitTurnedOff = 21 "subunitTurnedOff",
        SubunitOffline = 22 "subunitOffline",
        SubunitPowerSaver = 23 "subunitPowerSaver",
        SubunitWarmingUp = 24 "subunitWarmingUp",
        SubunitAdded = 25 "subunitAdded",
        SubunitRemoved = 26 "subunitRemoved",
        SubunitResourceAdded = 27 "subunitResourceAdded",
        SubunitResourceRemoved = 28 "subunitResourceRemoved",
        SubunitRecoverableFailure = 29 "subunitRecoverableFailure",
        SubunitUnrecoverableFailure = 30 "subunitUnrecoverableFailure",
        SubunitRecoverableStorageError = 31 "subunitRecoverableStorageError",
        SubunitUnrecoverableStorageError = 32 "subunitUnrecoverableStorageError",
        SubunitMotorFailure = 33 "subunitMotorFailure",
        SubunitMemoryExhausted = 34 "subunitMemoryExhausted",
        SubunitUnderTemperature = 35 "subunitUnderTemperature",
        SubunitOverTemperature = 36 "subunitOverTemperature",
        SubunitTimingFailure = 37 "subunitTimingFailure",
        SubunitThermistorFailure = 38 "subunitThermistorFailure",
        DoorOpen = 501 "doorOpen",
        DoorClosed = 502 "doorClosed",
        PowerUp = 503 "powerUp",
        PowerDown = 504 "powerDown",
        PrinterNMSReset = 505 "printerNMSReset",
        PrinterManualReset = 506 "printerManualReset",
        PrinterReadyToPrint = 507 "printerReadyToPrint",
        InputMediaTrayMissing = 801 "inputMediaTrayMissing",
        InputMediaSizeChange = 802 "inputMediaSizeChange",
        InputMediaWeightChange = 803 "inputMediaWeightChange",
        InputMediaTypeChange = 804 "inputMediaTypeChange",
        InputMediaColorChange = 805 "inputMediaColorChange",
        InputMediaFormPartsChange = 806 "inputMediaFormPartsChange",
        InputMediaSupplyLow = 807 "inputMediaSupplyLow",
        InputMediaSupplyEmpty = 808 "inputMediaSupplyEmpty",
        InputMediaChangeRequest = 809 "inputMediaChangeRequest",
        InputManualInputRequest = 810 "inputManualInputRequest",
        InputTrayPositionFailure = 811 "inputTrayPositionFailure",
        InputTrayElevationFailure = 812 "inputTrayElevationFailure",
        InputCannotFeedSizeSelected = 813 "inputCannotFeedSizeSelected",
        OutputMediaTrayMissing = 901 "outputMediaTrayMissing",
        OutputMediaTrayAlmostFull = 902 "outputMediaTrayAlmostFull",
        OutputMediaTrayFull = 903 "outputMediaTrayFull",
        OutputMailboxSelectFailure = 904 "outputMailboxSelectFailure",
        MarkerFuserUnderTemperature = 1001 "markerFuserUnderTemperature",
        MarkerFuserOverTemperature = 1002 "markerFuserOverTemperature",
        MarkerFuserTimingFailure = 1003 "markerFuserTimingFailure",
        MarkerFuserThermistorFailure = 1004 "markerFuserThermistorFailure",
        MarkerAdjustingPrintQuality = 1005 "markerAdjustingPrintQuality",
        MarkerTonerEmpty = 1101 "markerTonerEmpty",
        MarkerInkEmpty = 1102 "markerInkEmpty",
        MarkerPrintRibbonEmpty = 1103 "markerPrintRibbonEmpty",
        MarkerTonerAlmostEmpty = 1104 "markerTonerAlmostEmpty",
        MarkerInkAlmostEmpty = 1105 "markerInkAlmostEmpty",
        MarkerPrintRibbonAlmostEmpty = 1106 "markerPrintRibbonAlmostEmpty",
        MarkerWasteTonerReceptacleAlmostFull = 1107 "markerWasteTonerReceptacleAlmostFull",
        MarkerWasteInkReceptacleAlmostFull = 1108 "markerWasteInkReceptacleAlmostFull",
        MarkerWasteTonerReceptacleFull = 1109 "markerWasteTonerReceptacleFull",
        MarkerWasteInkReceptacleFull = 1110 "markerWasteInkReceptacleFull",
        MarkerOpcLifeAlmostOver = 1111 "markerOpcLifeAlmostOver",
        MarkerOpcLifeOver = 1112 "markerOpcLifeOver",
        MarkerDeveloperAlmostEmpty = 1113 "markerDeveloperAlmostEmpty",
        MarkerDeveloperEmpty = 1114 "markerDeveloperEmpty",
        MarkerTonerCartridgeMissing = 1115 "markerTonerCartridgeMissing",
        MediaPathMediaTrayMissing = 1301 "mediaPathMediaTrayMissing",
        MediaPathMediaTrayAlmostFull = 1302 "mediaPathMediaTrayAlmostFull",
        MediaPathMediaTrayFull = 1303 "mediaPathMediaTrayFull",
        MediaPathCannotDuplexMediaSelected = 1304 "mediaPathCannotDuplexMediaSelected",
        InterpreterMemoryIncrease = 1501 "interpreterMemoryIncrease",
        InterpreterMemoryDecrease = 1502 "interpreterMemoryDecrease",
        InterpreterCartridgeAdded = 1503 "interpreterCartridgeAdded",
        InterpreterCartridgeDeleted = 1504 "interpreterCartridgeDeleted",
        InterpreterResourceAdded = 1505 "interpreterResourceAdded",
        InterpreterResourceDeleted = 1506 "interpreterResourceDeleted",
        InterpreterResourceUnavailable = 1507 "interpreterResourceUnavailable",
        InterpreterComplexPageEncountered = 1509 "interpreterComplexPageEncountered",
        AlertRemovalOfBinaryChangeEntry = 1801 "alertRemovalOfBinaryChangeEntry",
    }
}

standard_enum! {
    /// Is the kind of finishing unit that a finisher's alert code speaks of.
    ///
    /// Source: IANA-PRINTER-MIB, PrtAlertCodeTC: the hundreds of the codes 30203 to 31838.
    FinisherFamily {
        Stapler = 302 "stapler",
        Stitcher = 303 "stitcher",
        Folder = 304 "folder",
        Binder = 305 "binder",
        Trimmer = 306 "trimmer",
        DieCutter = 307 "dieCutter",
        Puncher = 308 "puncher",
        Perforater = 309 "perforater",
        Slitter = 310 "slitter",
        SeparationCutter = 311 "separationCutter",
        Imprinter = 312 "imprinter",
        Wrapper = 313 "wrapper",
        Bander = 314 "bander",
        MakeEnvelope = 315 "makeEnvelope",
        Stacker = 316 "stacker",
        SheetRotator = 317 "sheetRotator",
        Inserter = 318 "inserter",
    }
}

/// Is an alert code of a finisher: a family and one of the generic codes 3 to 38.
///
/// The number is family × 100 + generic code; the label is the family's word and the generic
/// label without "subunit" (30209 is `staplerMissing`).
///
/// Source: IANA-PRINTER-MIB, PrtAlertCodeTC.
///
/// ```
/// # use model::standard::AlertCode;
/// assert_eq!(AlertCode::from_number(30212).to_string(), "staplerAlmostEmpty");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FinisherCode {
    family: FinisherFamily,
    generic: u8,
}

impl FinisherCode {
    /// The generic codes that every family has.
    const GENERIC: core::ops::RangeInclusive<u32> = 3..=38;

    fn from_number(number: u32) -> Option<Self> {
        let (family, generic) = (FinisherFamily::from_number(number / 100), number % 100);
        let listed = !matches!(family, FinisherFamily::Other(_)) && Self::GENERIC.contains(&generic);
        listed.then_some(FinisherCode { family, generic: generic as u8 })
    }

    fn number(self) -> u32 {
        self.family.number() * 100 + u32::from(self.generic)
    }

    fn from_label(label: &str) -> Option<Self> {
        FinisherFamily::LISTED.iter().find_map(|family| {
            let rest = label.strip_prefix(family.name()?)?;
            let generic = Self::GENERIC
                .clone()
                .find(|number| suffix(*number).is_some_and(|(first, tail)| rest.strip_prefix(first.to_ascii_uppercase()) == Some(tail)))?;
            Some(FinisherCode { family: *family, generic: generic as u8 })
        })
    }

    /// Returns which kind of finishing unit it is.
    pub fn family(self) -> FinisherFamily {
        self.family
    }

    /// Returns what happened to it, as the generic code.
    pub fn generic(self) -> AlertCode {
        AlertCode::from_number(self.generic.into())
    }
}

/// Splits a generic label without "subunit" into its first letter and the rest.
fn suffix(generic: u32) -> Option<(char, &'static str)> {
    let label = AlertCode::from_number(generic).name()?;
    let mut letters = label.strip_prefix("subunit").unwrap_or(label).chars();
    Some((letters.next()?, letters.as_str()))
}

impl fmt::Display for FinisherCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, tail) = suffix(self.generic.into()).unwrap_or(('O', "ther"));
        write!(f, "{}{}{tail}", self.family, first.to_ascii_uppercase())
    }
}

impl AlertCode {
    /// Returns the code without the finishing unit: what happened, wherever it happened.
    pub fn generic(self) -> AlertCode {
        match self {
            AlertCode::Finisher(code) => code.generic(),
            code => code,
        }
    }
}
