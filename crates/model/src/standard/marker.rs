//! Markers, what they use up, and what they count.

standard_enum! {
    /// Is how a marker puts marks on the medium.
    ///
    /// Source: RFC 3805, PrtMarkerMarkTechTC; IANA-PRINTER-MIB.
    MarkerMarkTech with other(1) {
        Unknown = 2 "unknown",
        ElectrophotographicLED = 3 "electrophotographicLED",
        ElectrophotographicLaser = 4 "electrophotographicLaser",
        ElectrophotographicOther = 5 "electrophotographicOther",
        ImpactMovingHeadDotMatrix9pin = 6 "impactMovingHeadDotMatrix9pin",
        ImpactMovingHeadDotMatrix24pin = 7 "impactMovingHeadDotMatrix24pin",
        ImpactMovingHeadDotMatrixOther = 8 "impactMovingHeadDotMatrixOther",
        ImpactMovingHeadFullyFormed = 9 "impactMovingHeadFullyFormed",
        ImpactBand = 10 "impactBand",
        ImpactOther = 11 "impactOther",
        InkjetAqueous = 12 "inkjetAqueous",
        InkjetSolid = 13 "inkjetSolid",
        InkjetOther = 14 "inkjetOther",
        Pen = 15 "pen",
        ThermalTransfer = 16 "thermalTransfer",
        ThermalSensitive = 17 "thermalSensitive",
        ThermalDiffusion = 18 "thermalDiffusion",
        ThermalOther = 19 "thermalOther",
        Electroerosion = 20 "electroerosion",
        Electrostatic = 21 "electrostatic",
        PhotographicMicrofiche = 22 "photographicMicrofiche",
        PhotographicImagesetter = 23 "photographicImagesetter",
        PhotographicOther = 24 "photographicOther",
        IonDeposition = 25 "ionDeposition",
        EBeam = 26 "eBeam",
        Typesetter = 27 "typesetter",
    }
}

standard_enum! {
    /// Is what one step of a marker's life count means; read it before believing any count.
    ///
    /// Source: RFC 3805, PrtMarkerCounterUnitTC.
    MarkerCounterUnit {
        TenThousandthsOfInches = 3 "tenThousandthsOfInches",
        Micrometers = 4 "micrometers",
        Characters = 5 "characters",
        Lines = 6 "lines",
        Impressions = 7 "impressions",
        Sheets = 8 "sheets",
        DotRow = 9 "dotRow",
        Hours = 11 "hours",
        Feet = 16 "feet",
        Meters = 17 "meters",
    }
}

standard_enum! {
    /// Is the length that a marker's addressability is told in.
    ///
    /// Source: RFC 3805, PrtMarkerAddressabilityUnitTC.
    MarkerAddressabilityUnit {
        TenThousandthsOfInches = 3 "tenThousandthsOfInches",
        Micrometers = 4 "micrometers",
    }
}

standard_enum! {
    /// Is whether a supply is used up or filled.
    ///
    /// The standard has no `unknown` here.
    ///
    /// Source: RFC 3805, PrtMarkerSuppliesClassTC.
    MarkerSuppliesClass with other(1) {
        SupplyThatIsConsumed = 3 "supplyThatIsConsumed",
        ReceptacleThatIsFilled = 4 "receptacleThatIsFilled",
    }
}

standard_enum! {
    /// Is what a supply is.
    ///
    /// Source: RFC 3805, PrtMarkerSuppliesTypeTC; IANA-PRINTER-MIB.
    MarkerSuppliesType with other(1) {
        Unknown = 2 "unknown",
        Toner = 3 "toner",
        WasteToner = 4 "wasteToner",
        Ink = 5 "ink",
        InkCartridge = 6 "inkCartridge",
        InkRibbon = 7 "inkRibbon",
        WasteInk = 8 "wasteInk",
        Opc = 9 "opc",
        Developer = 10 "developer",
        FuserOil = 11 "fuserOil",
        SolidWax = 12 "solidWax",
        RibbonWax = 13 "ribbonWax",
        WasteWax = 14 "wasteWax",
        Fuser = 15 "fuser",
        CoronaWire = 16 "coronaWire",
        FuserOilWick = 17 "fuserOilWick",
        CleanerUnit = 18 "cleanerUnit",
        FuserCleaningPad = 19 "fuserCleaningPad",
        TransferUnit = 20 "transferUnit",
        TonerCartridge = 21 "tonerCartridge",
        FuserOiler = 22 "fuserOiler",
        Water = 23 "water",
        WasteWater = 24 "wasteWater",
        GlueWaterAdditive = 25 "glueWaterAdditive",
        WastePaper = 26 "wastePaper",
        BindingSupply = 27 "bindingSupply",
        BandingSupply = 28 "bandingSupply",
        StitchingWire = 29 "stitchingWire",
        ShrinkWrap = 30 "shrinkWrap",
        PaperWrap = 31 "paperWrap",
        Staples = 32 "staples",
        Inserts = 33 "inserts",
        Covers = 34 "covers",
        MatteToner = 35 "matteToner",
        MatteInk = 36 "matteInk",
    }
}

standard_enum! {
    /// Is the unit of a supply's capacity and level.
    ///
    /// The spelling of `hundrethsOfFluidOunces` is the module's own: 1/100 fluid ounce.
    ///
    /// Source: RFC 3805, PrtMarkerSuppliesSupplyUnitTC.
    MarkerSuppliesSupplyUnit with other(1) {
        Unknown = 2 "unknown",
        TenThousandthsOfInches = 3 "tenThousandthsOfInches",
        Micrometers = 4 "micrometers",
        Impressions = 7 "impressions",
        Sheets = 8 "sheets",
        Hours = 11 "hours",
        ThousandthsOfOunces = 12 "thousandthsOfOunces",
        TenthsOfGrams = 13 "tenthsOfGrams",
        HundrethsOfFluidOunces = 14 "hundrethsOfFluidOunces",
        TenthsOfMilliliters = 15 "tenthsOfMilliliters",
        Feet = 16 "feet",
        Meters = 17 "meters",
        Items = 18 "items",
        Percent = 19 "percent",
    }
}

standard_enum! {
    /// Is whether a colorant is mixed with others or stands alone.
    ///
    /// Source: RFC 3805, PrtMarkerColorantRoleTC.
    MarkerColorantRole with other(1) {
        Process = 3 "process",
        Spot = 4 "spot",
    }
}
