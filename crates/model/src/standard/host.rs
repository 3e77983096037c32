//! What the Host Resources MIB says of a printer.

standard_enum! {
    /// Is the state of a device of the host.
    ///
    /// Source: RFC 2790, hrDeviceStatus.
    DeviceStatus {
        Unknown = 1 "unknown",
        Running = 2 "running",
        Warning = 3 "warning",
        Testing = 4 "testing",
        Down = 5 "down",
    }
}

standard_enum! {
    /// Is what a printer is doing; `other` while running means standby.
    ///
    /// Source: RFC 2790, hrPrinterStatus.
    PrinterStatus with other(1) {
        Unknown = 2 "unknown",
        Idle = 3 "idle",
        Printing = 4 "printing",
        Warmup = 5 "warmup",
    }
}
