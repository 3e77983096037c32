//! Every enumeration of the Printer MIB and of the printer part of the Host Resources MIB.
//!
//! Each type keeps every value of the standard and any other number as `Other(n)`: devices send
//! numbers of newer revisions, and numbers of no revision at all. Where a convention defines
//! `other(1)` it is `Other(1)` here and reads "other"; an unlisted number n reads "other(n)".
//! Numbers become values through `from_number` only, so that a listed number is never `Other`.

use core::fmt;

/// Is the text that names no value of a textual convention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownLabel {
    /// The type that was asked for.
    pub convention: &'static str,
}

impl fmt::Display for UnknownLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a label of {}", self.convention)
    }
}

impl core::error::Error for UnknownLabel {}

/// Reads the number of `other(n)`.
fn other_number(label: &str) -> Option<u32> {
    label.strip_prefix("other(")?.strip_suffix(')')?.parse().ok()
}

/// Writes the enum of one textual convention, with its numbers and labels.
///
/// `with other(1)` says that the convention itself defines `other`; `composed Variant(Type)` adds
/// values whose labels are put together from parts.
macro_rules! standard_enum {
    (
        $(#[$doc:meta])*
        $name:ident $(with other($other:literal) $(, composed $composed:ident($parts:ty))?)? {
            $($variant:ident = $number:literal $label:literal,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($variant,)*
            $($($composed($parts),)?)?
            /// The convention's own `other`, or a number that it does not list.
            Other(u32),
        }

        impl $name {
            /// Every listed value, by number; without `Other` and without composed values.
            pub const LISTED: &'static [$name] = &[$($name::$variant,)*];

            /// Types a number as received.
            pub fn from_number(number: u32) -> Self {
                match number {
                    $($number => $name::$variant,)*
                    _ => {
                        $($(if let Some(parts) = <$parts>::from_number(number) {
                            return $name::$composed(parts);
                        })?)?
                        $name::Other(number)
                    }
                }
            }

            /// Returns the number that travels.
            pub fn number(self) -> u32 {
                match self {
                    $($name::$variant => $number,)*
                    $($($name::$composed(parts) => <$parts>::number(parts),)?)?
                    $name::Other(number) => number,
                }
            }

            /// Returns the convention's own label; `None` for a number that it does not list and
            /// for a composed label (`Display` writes both).
            pub fn name(self) -> Option<&'static str> {
                match self {
                    $($name::$variant => Some($label),)*
                    $($name::Other($other) => Some("other"),)?
                    _ => None,
                }
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match (self.name(), self) {
                    (Some(name), _) => f.write_str(name),
                    $($((_, $name::$composed(parts)) => core::fmt::Display::fmt(parts, f),)?)?
                    _ => write!(f, "other({})", self.number()),
                }
            }
        }

        impl core::str::FromStr for $name {
            type Err = $crate::standard::UnknownLabel;

            fn from_str(label: &str) -> Result<Self, Self::Err> {
                match label {
                    $($label => return Ok($name::$variant),)*
                    $("other" => return Ok($name::Other($other)),)?
                    _ => {}
                }
                $($(if let Some(parts) = <$parts>::from_label(label) {
                    return Ok($name::$composed(parts));
                })?)?
                $crate::standard::other_number(label)
                    .map($name::from_number)
                    .ok_or($crate::standard::UnknownLabel { convention: stringify!($name) })
            }
        }

        $crate::standard::serde_by_label!($name);
    };
}

/// Serialises a type through its `Display` and reads it back through its `FromStr`.
macro_rules! serde_by_label {
    ($name:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let label = alloc::string::String::deserialize(deserializer)?;
                label.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

use serde_by_label;

mod alert;
mod channel;
mod charset;
mod console;
mod host;
mod marker;
mod media;
mod status;

pub use alert::{AlertCode, AlertGroup, AlertSeverityLevel, AlertTrainingLevel, FinisherCode, FinisherFamily};
pub use channel::{ChannelState, ChannelType, InterpreterLangFamily, InterpreterTwoWay, PrintOrientation};
pub use charset::Charset;
pub use console::{ConsoleColor, ConsoleDisable, CoverStatus, GeneralReset, PresentOnOff};
pub use host::{DeviceStatus, PrinterStatus};
pub use marker::{
    MarkerAddressabilityUnit, MarkerColorantRole, MarkerCounterUnit, MarkerMarkTech, MarkerSuppliesClass, MarkerSuppliesSupplyUnit,
    MarkerSuppliesType,
};
pub use media::{
    CapacityUnit, InputType, MediaPathMaxSpeedPrintUnit, MediaPathType, MediaUnit, OutputPageDeliveryOrientation, OutputStackingOrder,
    OutputType,
};
pub use status::{Availability, ErrorState, SubUnitStatus};
