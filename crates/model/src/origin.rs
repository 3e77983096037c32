//! Which object of the device a value came from.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use core::fmt;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Names the object and instance that a value was read from, such as `prtMarkerLifeCount.1.1`.
///
/// The text is made only when somebody reads it: a fleet's readings carry hundreds of thousands
/// of origins, and most are never printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    object: Cow<'static, str>,
    instance: [u32; 3],
    length: u8,
}

impl Origin {
    /// Makes an origin from an object's name and at most three arcs of its instance
    /// (`hrDeviceIndex`, then the row); further arcs are left out.
    pub fn new(object: impl Into<Cow<'static, str>>, instance: &[u32]) -> Self {
        let mut arcs = [0; 3];
        let length = instance.len().min(arcs.len());
        arcs[..length].copy_from_slice(&instance[..length]);
        Origin { object: object.into(), instance: arcs, length: length as u8 }
    }

    /// Returns the object's name without the instance.
    pub fn object(&self) -> &str {
        &self.object
    }

    /// Returns the arcs of the instance.
    pub fn instance(&self) -> &[u32] {
        &self.instance[..usize::from(self.length)]
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.object)?;
        self.instance().iter().try_for_each(|arc| write!(f, ".{arc}"))
    }
}

impl Serialize for Origin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl From<String> for Origin {
    /// Reads `name.1.1`; what does not end in numbers is all name (an IPP attribute, say).
    fn from(text: String) -> Self {
        let mut arcs = [0; 3];
        let mut length = 0;
        let mut name = text.as_str();
        while length < arcs.len() {
            let Some((before, last)) = name.rsplit_once('.') else { break };
            let Ok(arc) = last.parse() else { break };
            arcs[length] = arc;
            length += 1;
            name = before;
        }
        arcs[..length].reverse();
        Origin::new(name.to_string(), &arcs[..length])
    }
}

impl<'de> Deserialize<'de> for Origin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Origin::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_reads_like_the_mib() {
        assert_eq!(Origin::new("prtMarkerSuppliesLevel", &[1, 3]).to_string(), "prtMarkerSuppliesLevel.1.3");
        assert_eq!(Origin::new("marker-levels", &[]).to_string(), "marker-levels");
        for text in ["prtMarkerLifeCount.1.1", "marker-levels", "acmeCount.1.1+acmeCount.2.1", "acmeRecords.0/6f"] {
            assert_eq!(Origin::from(text.to_string()).to_string(), text);
        }
    }
}
