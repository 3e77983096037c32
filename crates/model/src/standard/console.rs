//! The panel, its lights and what the printer does as a whole.

standard_enum! {
    /// Is whether a cover or interlock is open.
    ///
    /// Source: RFC 3805, PrtCoverStatusTC; IANA-PRINTER-MIB.
    CoverStatus with other(1) {
        Unknown = 2 "unknown",
        CoverOpen = 3 "coverOpen",
        CoverClosed = 4 "coverClosed",
        InterlockOpen = 5 "interlockOpen",
        InterlockClosed = 6 "interlockClosed",
    }
}

standard_enum! {
    /// Is what prtGeneralReset reads as and can be told to do.
    ///
    /// Source: RFC 3805, PrtGeneralResetTC; IANA-PRINTER-MIB.
    GeneralReset {
        NotResetting = 3 "notResetting",
        PowerCycleReset = 4 "powerCycleReset",
        ResetToNVRAM = 5 "resetToNVRAM",
        ResetToFactoryDefaults = 6 "resetToFactoryDefaults",
    }
}

standard_enum! {
    /// Is the colour of a light on the panel.
    ///
    /// Source: RFC 3805, PrtConsoleColorTC; IANA-PRINTER-MIB.
    ConsoleColor with other(1) {
        Unknown = 2 "unknown",
        White = 3 "white",
        Red = 4 "red",
        Green = 5 "green",
        Blue = 6 "blue",
        Cyan = 7 "cyan",
        Magenta = 8 "magenta",
        Yellow = 9 "yellow",
        Orange = 10 "orange",
    }
}

standard_enum! {
    /// Is whether people may use the panel.
    ///
    /// Source: RFC 3805, PrtConsoleDisableTC; IANA-PRINTER-MIB.
    ConsoleDisable {
        Enabled = 3 "enabled",
        Disabled = 4 "disabled",
    }
}

standard_enum! {
    /// Is whether a feature is there, and on.
    ///
    /// Source: RFC 3805, PresentOnOff.
    PresentOnOff with other(1) {
        On = 3 "on",
        Off = 4 "off",
        NotPresent = 5 "notPresent",
    }
}
