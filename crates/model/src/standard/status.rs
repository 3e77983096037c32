//! Sums and bit strings: the state of a sub-unit and the errors that a printer detects.

use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use super::UnknownLabel;

standard_enum! {
    /// Is whether a sub-unit can be used: the lowest three bits of its status.
    ///
    /// Source: RFC 3805, PrtSubUnitStatusTC (the words are its prose in camelCase; 7 is not defined).
    Availability {
        AvailableAndIdle = 0 "availableAndIdle",
        UnavailableAndOnRequest = 1 "unavailableAndOnRequest",
        AvailableAndStandby = 2 "availableAndStandby",
        UnavailableBecauseBroken = 3 "unavailableBecauseBroken",
        AvailableAndActive = 4 "availableAndActive",
        Unknown = 5 "unknown",
        AvailableAndBusy = 6 "availableAndBusy",
    }
}

/// Is the state of a tray, bin, marker, media path or channel: a sum from 0 to 127.
///
/// The text is the availability, then `+nonCriticalAlert` (8), `+criticalAlert` (16), `+offLine`
/// (32) and `+transitioning` (64) for each part that is set, in this order, so that the number can
/// be had back from the text.
///
/// Source: RFC 3805, PrtSubUnitStatusTC.
///
/// ```
/// # use model::standard::SubUnitStatus;
/// let empty_tray = SubUnitStatus::from_number(19).unwrap();
/// assert_eq!(empty_tray.to_string(), "unavailableBecauseBroken+criticalAlert");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubUnitStatus(u8);

impl SubUnitStatus {
    const PARTS: [(u8, &'static str); 4] = [(8, "nonCriticalAlert"), (16, "criticalAlert"), (32, "offLine"), (64, "transitioning")];

    /// Types a number as received; `None` above 127, where the sum has no meaning.
    pub fn from_number(number: u32) -> Option<Self> {
        u8::try_from(number).ok().filter(|sum| *sum < 128).map(SubUnitStatus)
    }

    /// Returns the sum that travels.
    pub fn number(self) -> u32 {
        self.0.into()
    }

    pub fn availability(self) -> Availability {
        Availability::from_number(u32::from(self.0 & 7))
    }

    pub fn has_non_critical_alert(self) -> bool {
        self.0 & 8 != 0
    }

    pub fn has_critical_alert(self) -> bool {
        self.0 & 16 != 0
    }

    pub fn is_off_line(self) -> bool {
        self.0 & 32 != 0
    }

    /// Returns whether the sub-unit is moving to the state it was told to take.
    pub fn is_transitioning(self) -> bool {
        self.0 & 64 != 0
    }
}

impl fmt::Display for SubUnitStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.availability(), f)?;
        Self::PARTS.iter().filter(|(bit, _)| self.0 & bit != 0).try_for_each(|(_, word)| write!(f, "+{word}"))
    }
}

impl FromStr for SubUnitStatus {
    type Err = UnknownLabel;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const NO_LABEL: UnknownLabel = UnknownLabel { convention: "SubUnitStatus" };
        let mut words = text.split('+');
        let availability: Availability = words.next().unwrap_or_default().parse().map_err(|_| NO_LABEL)?;
        let mut sum = u8::try_from(availability.number()).ok().filter(|number| *number < 8).ok_or(NO_LABEL)?;
        for word in words {
            let (bit, _) = Self::PARTS.iter().find(|(_, part)| *part == word).ok_or(NO_LABEL)?;
            sum |= bit;
        }
        Ok(SubUnitStatus(sum))
    }
}

serde_by_label!(SubUnitStatus);

standard_enum! {
    /// Is one bit of hrPrinterDetectedErrorState; the number is the bit's.
    ///
    /// Bit 0 is the most significant of the first octet. The string has no fixed length: bits of
    /// missing octets are not set. Bits 8 to 14 are younger than RFC 1514.
    ///
    /// Source: RFC 2790, hrPrinterDetectedErrorState.
    ErrorState {
        LowPaper = 0 "lowPaper",
        NoPaper = 1 "noPaper",
        LowToner = 2 "lowToner",
        NoToner = 3 "noToner",
        DoorOpen = 4 "doorOpen",
        Jammed = 5 "jammed",
        Offline = 6 "offline",
        ServiceRequested = 7 "serviceRequested",
        InputTrayMissing = 8 "inputTrayMissing",
        OutputTrayMissing = 9 "outputTrayMissing",
        MarkerSupplyMissing = 10 "markerSupplyMissing",
        OutputNearFull = 11 "outputNearFull",
        OutputFull = 12 "outputFull",
        InputTrayEmpty = 13 "inputTrayEmpty",
        OverduePreventMaint = 14 "overduePreventMaint",
    }
}

impl ErrorState {
    /// Returns the bits that are set; an undefined bit of the first two octets is `Other`, later
    /// octets are not looked at.
    ///
    /// ```
    /// # use model::standard::ErrorState;
    /// assert_eq!(ErrorState::from_octets(&[0x80, 0x04]), [ErrorState::LowPaper, ErrorState::InputTrayEmpty]);
    /// assert_eq!(ErrorState::from_octets(&[]), []);
    /// ```
    pub fn from_octets(octets: &[u8]) -> Vec<ErrorState> {
        let word = u16::from_be_bytes([octets.first().copied().unwrap_or(0), octets.get(1).copied().unwrap_or(0)]);
        let mut set = Vec::new();
        let mut rest = word;
        while rest != 0 {
            let bit = rest.leading_zeros();
            set.push(ErrorState::from_number(bit));
            rest &= !(0x8000 >> bit);
        }
        set
    }
}
