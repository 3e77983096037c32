//! Where media lie, where they go and how they travel.

standard_enum! {
    /// Is the unit of an input's or output's capacity.
    ///
    /// Source: RFC 3805, PrtCapacityUnitTC.
    CapacityUnit with other(1) {
        Unknown = 2 "unknown",
        TenThousandthsOfInches = 3 "tenThousandthsOfInches",
        Micrometers = 4 "micrometers",
        Sheets = 8 "sheets",
        Feet = 16 "feet",
        Meters = 17 "meters",
        Items = 18 "items",
        Percent = 19 "percent",
    }
}

standard_enum! {
    /// Is the length that media are measured in.
    ///
    /// Source: RFC 3805, PrtMediaUnitTC.
    MediaUnit {
        TenThousandthsOfInches = 3 "tenThousandthsOfInches",
        Micrometers = 4 "micrometers",
    }
}

standard_enum! {
    /// Is how a tray or feeder holds its media.
    ///
    /// Source: RFC 3805, PrtInputTypeTC; IANA-PRINTER-MIB.
    InputType with other(1) {
        Unknown = 2 "unknown",
        SheetFeedAutoRemovableTray = 3 "sheetFeedAutoRemovableTray",
        SheetFeedAutoNonRemovableTray = 4 "sheetFeedAutoNonRemovableTray",
        SheetFeedManual = 5 "sheetFeedManual",
        ContinuousRoll = 6 "continuousRoll",
        ContinuousFanFold = 7 "continuousFanFold",
        SheetFeedPull = 8 "sheetFeedPull",
    }
}

standard_enum! {
    /// Is how an output bin takes media.
    ///
    /// Source: RFC 3805, PrtOutputTypeTC; IANA-PRINTER-MIB.
    OutputType with other(1) {
        Unknown = 2 "unknown",
        RemovableBin = 3 "removableBin",
        UnRemovableBin = 4 "unRemovableBin",
        ContinuousRollDevice = 5 "continuousRollDevice",
        MailBox = 6 "mailBox",
        ContinuousFanFold = 7 "continuousFanFold",
    }
}

standard_enum! {
    /// Is the order in which sheets lie in an output.
    ///
    /// Source: RFC 3805, PrtOutputStackingOrderTC.
    OutputStackingOrder {
        Unknown = 2 "unknown",
        FirstToLast = 3 "firstToLast",
        LastToFirst = 4 "lastToFirst",
    }
}

standard_enum! {
    /// Is which way a sheet's first side faces in an output.
    ///
    /// Source: RFC 3805, PrtOutputPageDeliveryOrientationTC.
    OutputPageDeliveryOrientation {
        FaceUp = 3 "faceUp",
        FaceDown = 4 "faceDown",
    }
}

standard_enum! {
    /// Is the unit of a media path's speed: always per hour.
    ///
    /// Source: RFC 3805, PrtMediaPathMaxSpeedPrintUnitTC.
    MediaPathMaxSpeedPrintUnit {
        TenThousandthsOfInchesPerHour = 3 "tenThousandthsOfInchesPerHour",
        MicrometersPerHour = 4 "micrometersPerHour",
        CharactersPerHour = 5 "charactersPerHour",
        LinesPerHour = 6 "linesPerHour",
        ImpressionsPerHour = 7 "impressionsPerHour",
        SheetsPerHour = 8 "sheetsPerHour",
        DotRowPerHour = 9 "dotRowPerHour",
        FeetPerHour = 16 "feetPerHour",
        MetersPerHour = 17 "metersPerHour",
    }
}

standard_enum! {
    /// Is how a media path turns the sheet.
    ///
    /// Source: RFC 3805, PrtMediaPathTypeTC; IANA-PRINTER-MIB.
    MediaPathType with other(1) {
        Unknown = 2 "unknown",
        LongEdgeBindingDuplex = 3 "longEdgeBindingDuplex",
        ShortEdgeBindingDuplex = 4 "shortEdgeBindingDuplex",
        Simplex = 5 "simplex",
    }
}
