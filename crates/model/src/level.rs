//! How much there is, typed: a number only where the device measured one.

use serde::{Deserialize, Serialize};

/// Is the level of a supply, an input or an output as the device tells it.
///
/// The negative values of the Printer MIB are words, never numbers: -1 is [`Unrestricted`],
/// -2 is [`Unknown`], -3 is [`Some`].
///
/// Source: RFC 3805, prtMarkerSuppliesLevel, prtInputCurrentLevel, prtOutputRemainingCapacity.
///
/// [`Unrestricted`]: Level::Unrestricted
/// [`Unknown`]: Level::Unknown
/// [`Some`]: Level::Some
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Level {
    /// A measured amount in the row's unit; `step` is the resolution where it is known or learned.
    Measured { value: u32, step: Option<u32> },
    /// Some is left, nobody says how much (-3).
    Some,
    /// The device does not know (-2).
    Unknown,
    /// There is no limit (-1).
    Unrestricted,
    /// Nearly used up, without a number.
    Low,
    /// Used up, without a number that means it.
    Empty,
    /// The device said something that cannot be; the raw value stands in the record's problems.
    Invalid,
}

impl Level {
    /// Types the raw integer of an object whose values below -3 have no meaning.
    ///
    /// ```
    /// # use model::Level;
    /// assert_eq!(Level::from_raw(-3), Level::Some);
    /// assert_eq!(Level::from_raw(40), Level::Measured { value: 40, step: None });
    /// assert_eq!(Level::from_raw(-100), Level::Invalid);
    /// ```
    pub fn from_raw(raw: i64) -> Self {
        match raw {
            -1 => Level::Unrestricted,
            -2 => Level::Unknown,
            -3 => Level::Some,
            _ => u32::try_from(raw).map_or(Level::Invalid, |value| Level::Measured { value, step: None }),
        }
    }

    /// Returns the measured amount, if there is one.
    pub fn measured(&self) -> Option<u32> {
        match self {
            Level::Measured { value, .. } => Some(*value),
            _ => None,
        }
    }

    /// Returns the measured amount as a share of `capacity`, from 0.0 to 1.0.
    ///
    /// `None` unless the level is measured and lies within a capacity above 0.
    pub fn share_of(&self, capacity: Option<u32>) -> Option<f64> {
        let (value, capacity) = (self.measured()?, capacity?);
        (capacity > 0 && value <= capacity).then(|| f64::from(value) / f64::from(capacity))
    }
}
