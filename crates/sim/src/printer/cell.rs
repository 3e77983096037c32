//! The values of a printer's objects: what never changes is kept, the rest is worked out when asked.

use snmp::Value;
use snmp::responder::element_value;

use crate::chance::mix;
use crate::printer::SimPrinter;
use crate::printer::condition::Condition;
use crate::time::{SECOND, Tick};

/// Is where the value of an object comes from. Parts are places from 0.
#[derive(Clone, Debug)]
pub enum Cell {
    /// An element that never changes.
    Fixed(Box<[u8]>),
    UpTime,
    Date,
    Name,
    Location,
    Serial,
    Mac,
    LifeCount,
    PowerOnCount,
    Meter(Meter),
    ConfigChanges,
    CriticalEvents,
    AllEvents,
    SupplyDescription(usize),
    SupplyLevel(usize),
    TrayLevel(usize),
    TrayStatus(usize),
    BinRoom(usize),
    CoverStatus(usize),
    /// The status of a part that works while the printer prints.
    PartStatus,
    DeviceStatus,
    DeviceErrors,
    PrinterStatus,
    ErrorState,
    ConsoleLine(usize),
    LightOnTime(Light),
    LightOffTime(Light),
    /// A counter of network traffic that grows by so much a second.
    Traffic {
        seed: u64,
        a_second: u64,
    },
}

/// Is a meter of the private tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meter {
    Total,
    Monochrome,
    Color,
    Print,
    Copy,
    Fax,
    Scan,
    Large,
    Duplex,
}

impl Meter {
    pub const ALL: [Meter; 9] =
        [Meter::Total, Meter::Monochrome, Meter::Color, Meter::Print, Meter::Copy, Meter::Fax, Meter::Scan, Meter::Large, Meter::Duplex];
}

/// Is a light of the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Light {
    Ready,
    Attention,
}

impl SimPrinter {
    /// Works out a value.
    pub(super) fn value<'a>(&'a self, cell: &'a Cell) -> Value<'a> {
        let text = |text: &'a str| Value::OctetString(text.as_bytes());
        let counter = |count: u64| Value::Counter32(count as u32);
        let spec = &self.model.spec;
        match *cell {
            Cell::Fixed(ref element) => element_value(element),
            Cell::UpTime => Value::TimeTicks(self.up_time()),
            Cell::Date => Value::OctetString(&self.date),
            Cell::Name => text(&self.identity.name),
            Cell::Location => text(&self.identity.location),
            Cell::Serial => text(&self.identity.serial),
            Cell::Mac => Value::OctetString(&self.identity.mac),
            Cell::LifeCount => counter(self.life_count()),
            Cell::PowerOnCount => counter(self.power_on_count),
            Cell::Meter(meter) => counter(self.meter(meter)),
            Cell::ConfigChanges => Value::Counter32(self.config_changes),
            Cell::CriticalEvents => Value::Counter32(self.alerts.critical_events),
            Cell::AllEvents => Value::Counter32(self.alerts.all_events),
            Cell::SupplyDescription(place) => text(self.supplies[place].description()),
            Cell::SupplyLevel(place) => Value::Integer(self.supplies[place].told(&spec.supplies[place])),
            Cell::TrayLevel(place) => Value::Integer(self.told_tray(place)),
            Cell::TrayStatus(place) => Value::Integer(self.tray_status(place)),
            Cell::BinRoom(place) => {
                let bin = &spec.bins[place];
                Value::Integer(bin.room.tell(bin.capacity - self.bins[place], bin.capacity))
            }
            Cell::CoverStatus(place) => Value::Integer(if self.conditions.contains(Condition::CoverOpen(place)) { 3 } else { 4 }),
            Cell::PartStatus => Value::Integer(self.part_status()),
            Cell::DeviceStatus => Value::Integer(self.device_status()),
            Cell::DeviceErrors => counter(self.device_errors),
            Cell::PrinterStatus => Value::Integer(self.printer_status()),
            Cell::ErrorState => Value::OctetString(&self.error_state[..spec.error_state_octets.min(2)]),
            Cell::ConsoleLine(line) => text(self.console_line(line)),
            Cell::LightOnTime(light) => Value::Integer(self.light(light).0),
            Cell::LightOffTime(light) => Value::Integer(self.light(light).1),
            Cell::Traffic { seed, a_second } => counter(mix(self.traffic_seed ^ seed) % 1_000_000_000 + self.now / SECOND * a_second),
        }
    }

    /// Returns prtInputCurrentLevel of a tray that is in its place; of one pulled out nothing is known.
    fn told_tray(&self, place: usize) -> i64 {
        let (tray, state) = (&self.model.spec.trays[place], &self.trays[place]);
        if state.is_in { tray.level.tell(state.sheets, tray.capacity) } else { -2 }
    }

    /// Returns a PrtSubUnitStatusTC.
    ///
    /// Source: RFC 3805, PrtSubUnitStatusTC: availability, + 8 for a warning, + 16 for a critical alert.
    fn tray_status(&self, place: usize) -> i64 {
        let has = |condition| self.conditions.contains(condition);
        match () {
            _ if has(Condition::PaperOut(place)) => 16 + 1,
            _ if has(Condition::TrayMissing(place)) => 8 + 3,
            _ if has(Condition::TrayEmpty(place)) => 8 + 1,
            _ if has(Condition::TrayLow(place)) => 8 + self.availability(),
            _ => self.availability(),
        }
    }

    fn part_status(&self) -> i64 {
        let alert = if self.is_stopped {
            16
        } else if self.conditions.is_empty() {
            0
        } else {
            8
        };
        alert + self.availability()
    }

    /// Returns 0 for available and idle, 2 for standby, 4 for active.
    fn availability(&self) -> i64 {
        if self.is_printing() {
            4
        } else if self.is_asleep() {
            2
        } else {
            0
        }
    }

    /// Returns hrDeviceStatus: 2 running, 3 warning, 5 down.
    ///
    /// Source: RFC 3805, overall printer status: standby is running with hrPrinterStatus other.
    fn device_status(&self) -> i64 {
        if self.is_stopped || self.is_warming_up() {
            5
        } else if self.conditions.is_empty() || self.is_asleep() {
            2
        } else {
            3
        }
    }

    /// Returns hrPrinterStatus: 1 other, 3 idle, 4 printing, 5 warmup.
    fn printer_status(&self) -> i64 {
        if self.is_stopped || self.is_asleep() {
            1
        } else if self.is_warming_up() {
            5
        } else if self.is_printing() {
            4
        } else {
            3
        }
    }

    fn console_line(&self, line: usize) -> &str {
        let alerts = || self.alerts.alerts().iter().rev();
        match line {
            0 if self.is_asleep() => "Sleep",
            0 if self.is_stopped => alerts().find(|alert| alert.notice.severity == 3).map_or("Stopped", |alert| &alert.notice.description),
            0 if self.is_warming_up() => "Warming up",
            0 if self.is_printing() => "Printing...",
            0 => "Ready",
            1 => alerts().find(|alert| alert.notice.severity != 3).map_or("", |alert| &alert.notice.description),
            _ => "",
        }
    }

    /// Returns how long a light is on and off, in milliseconds.
    fn light(&self, light: Light) -> (i64, i64) {
        const LIT: (i64, i64) = (1_000, 0);
        const DARK: (i64, i64) = (0, 1_000);
        const BLINKING: (i64, i64) = (500, 500);
        match light {
            Light::Ready if self.is_asleep() => (200, 2_800),
            Light::Ready if self.is_printing() => BLINKING,
            Light::Ready if self.is_stopped => DARK,
            Light::Ready => LIT,
            Light::Attention if self.is_stopped => BLINKING,
            Light::Attention if !self.conditions.is_empty() => LIT,
            Light::Attention => DARK,
        }
    }

    /// Returns sysUpTime in hundredths of a second; it wraps after 497 days.
    pub(super) fn up_time(&self) -> u32 {
        const HUNDREDTH: Tick = SECOND / 100;
        ((self.now - self.booted_at + self.up_before) / HUNDREDTH) as u32
    }
}
