//! One supply in a printer: how much of it is left.

use crate::printer::spec::{SupplyKind, SupplySpec};

/// Is how worn a supply is. It is counted in thousandths of impressions, so that no wear is
/// rounded away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SupplyState {
    left: u64,
    /// How often it was replaced.
    generation: u32,
    /// prtMarkerSuppliesDescription as it stands now.
    description: Box<str>,
}

/// Is what a number of impressions takes out of the supplies.
#[derive(Clone, Copy, Debug)]
pub struct Wear {
    pub impressions: u32,
    pub is_color: bool,
    /// In percent of the usual.
    pub coverage: u32,
}

/// A supply at or below this share of its life, in percent, is low.
const LOW_PERCENT: u64 = 10;

impl SupplyState {
    /// Makes a supply of which so many thousandths are left.
    pub fn partly_used(spec: &SupplySpec, thousandths: u64, printer: &str) -> Self {
        let left = whole(spec) * thousandths.min(1_000) / 1_000;
        SupplyState { left, generation: 0, description: describe(spec, printer, 0) }
    }

    /// Puts a new one in its place.
    pub fn replace(&mut self, spec: &SupplySpec, printer: &str) {
        self.left = whole(spec);
        self.generation += 1;
        self.description = describe(spec, printer, self.generation);
    }

    pub fn empty(&mut self) {
        self.left = 0;
    }

    pub fn is_empty(&self) -> bool {
        self.left == 0
    }

    pub fn is_low(&self, spec: &SupplySpec) -> bool {
        !self.is_empty() && self.left * 100 <= whole(spec) * LOW_PERCENT
    }

    pub fn description(&self) -> &str {
        &self.description
    }

    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// Returns what is left in the unit it is told in, rounded up; of a receptacle the room.
    pub fn level(&self, spec: &SupplySpec) -> u32 {
        (self.left * u64::from(spec.capacity)).div_ceil(whole(spec)) as u32
    }

    /// Returns prtMarkerSuppliesLevel.
    pub fn told(&self, spec: &SupplySpec) -> i64 {
        spec.level.tell(self.level(spec), spec.capacity)
    }

    /// Returns for how many impressions of this kind it lasts.
    pub fn lasts_for(&self, spec: &SupplySpec, wear: &Wear) -> u32 {
        self.left.checked_div(a_piece(spec.kind, wear)).map_or(u32::MAX, |impressions| impressions.min(u32::MAX.into()) as u32)
    }

    pub fn wear(&mut self, spec: &SupplySpec, wear: &Wear) {
        self.left = self.left.saturating_sub(u64::from(wear.impressions) * a_piece(spec.kind, wear));
    }
}

/// Returns the thousandths of impressions that a new one lasts.
fn whole(spec: &SupplySpec) -> u64 {
    u64::from(spec.lasts.max(1)) * 1_000
}

/// Returns what one impression takes.
fn a_piece(kind: SupplyKind, wear: &Wear) -> u64 {
    let (usual, coverage) = (1_000, 10 * u64::from(wear.coverage));
    match kind {
        SupplyKind::Toner(1) => coverage,
        SupplyKind::Toner(_) if wear.is_color => coverage,
        SupplyKind::ColorDrum if wear.is_color => usual,
        SupplyKind::Toner(_) | SupplyKind::ColorDrum => 0,
        SupplyKind::BlackDrum | SupplyKind::TransferUnit | SupplyKind::Fuser => usual,
        SupplyKind::WasteToner => coverage * if wear.is_color { 2 } else { 1 },
        SupplyKind::Staples => 50,
    }
}

fn describe(spec: &SupplySpec, printer: &str, generation: u32) -> Box<str> {
    if spec.tells_serial {
        format!("{}, S/N:CX{printer}{}{generation:02}", spec.description, spec.row).into()
    } else {
        spec.description.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::printer::spec::{LevelBehaviour, ModelSpec};

    const PAGE: Wear = Wear { impressions: 1, is_color: false, coverage: 100 };

    #[test]
    fn a_supply_runs_down_to_0_and_no_further() {
        let spec = &ModelSpec::color_mfp().supplies[0];
        let mut toner = SupplyState::partly_used(spec, 1_000, "7");
        assert_eq!((toner.level(spec), toner.is_low(spec)), (26_000, false));
        toner.wear(spec, &Wear { impressions: 23_400, ..PAGE });
        assert_eq!((toner.level(spec), toner.is_low(spec)), (2_600, true));
        assert_eq!(toner.lasts_for(spec, &Wear { coverage: 200, ..PAGE }), 1_300);
        toner.wear(spec, &Wear { impressions: 99_999, ..PAGE });
        assert_eq!((toner.level(spec), toner.is_low(spec), toner.is_empty()), (0, false, true));
        toner.replace(spec, "7");
        assert_eq!((toner.level(spec), toner.generation()), (26_000, 1));
        assert_eq!(toner.description(), "Black Toner Cartridge, S/N:CX7101");
    }

    #[test]
    fn percent_and_steps_are_told_from_the_same_wear() {
        let spec = SupplySpec { level: LevelBehaviour::Steps(10), ..ModelSpec::mono_printer().supplies[0].clone() };
        let mut toner = SupplyState::partly_used(&spec, 1_000, "7");
        toner.wear(&spec, &Wear { impressions: 5_950, ..PAGE });
        assert_eq!((toner.level(&spec), toner.told(&spec)), (41, 50));
    }

    #[test]
    fn black_pages_leave_colour_alone() {
        let spec = &ModelSpec::color_mfp().supplies[1];
        let mut cyan = SupplyState::partly_used(spec, 1_000, "7");
        cyan.wear(spec, &Wear { impressions: 100, ..PAGE });
        assert_eq!((cyan.level(spec), cyan.lasts_for(spec, &PAGE)), (15_000, u32::MAX));
        cyan.wear(spec, &Wear { impressions: 100, is_color: true, coverage: 50 });
        assert_eq!(cyan.level(spec), 14_950);
    }
}
