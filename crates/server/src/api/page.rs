//! Lists in pages over one tenant or all of them.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use store::TenantId;
use utoipa::{IntoParams, ToSchema};

use crate::problem::Refused;

/// Is the most items of a page.
const MOST: usize = 500;
/// Is how many items a page has if nobody says otherwise.
const USUAL: usize = 100;

/// Says which part of a list is wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// How many items, 1 to 500.
    pub limit: Option<usize>,
    /// `next` of the page before.
    pub next: Option<String>,
}

/// Is a part of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// To be given as `next` for the following page; null at the end.
    pub next: Option<String>,
}

/// Is a place in a list that goes through tenants by id, and within each by the id of the items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<I> {
    pub tenant: TenantId,
    pub after: Option<I>,
}

impl Paging {
    /// Returns how many items are wanted.
    ///
    /// # Errors
    /// Fails on numbers out of range.
    pub fn limit(&self) -> Result<usize, Refused> {
        match self.limit {
            None => Ok(USUAL),
            Some(limit) if (1..=MOST).contains(&limit) => Ok(limit),
            Some(limit) => Err(Refused::unprocessable(format!("limit is {limit}; expected 1 to {MOST}"))),
        }
    }

    /// Returns where the page begins.
    ///
    /// # Errors
    /// Fails if `next` comes from no page of ours.
    pub fn place<I: FromStr>(&self) -> Result<Option<Place<I>>, Refused> {
        let Some(text) = &self.next else { return Ok(None) };
        let strange = || Refused::unprocessable("next comes from no page of this server; begin without it");
        let (tenant, after) = text.split_once('.').ok_or_else(strange)?;
        let tenant = tenant.parse().map_err(|_| strange())?;
        let after = if after.is_empty() { None } else { Some(after.parse().map_err(|_| strange())?) };
        Ok(Some(Place { tenant, after }))
    }
}

impl<I: std::fmt::Display> Place<I> {
    /// Writes the place down for `next`.
    pub fn text(&self) -> String {
        match &self.after {
            Some(after) => format!("{}.{after}", self.tenant),
            None => format!("{}.", self.tenant),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::DeviceId;

    #[test]
    fn a_place_reads_back() {
        let tenant = TenantId::from_octets([1; 16]);
        for after in [None, Some(DeviceId::from_octets([2; 16]))] {
            let place = Place { tenant, after };
            let paging = Paging { next: Some(place.text()), limit: None };
            assert_eq!(paging.place().unwrap(), Some(place));
        }
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for next in ["", "x", "x.y", "01890a5d-ac96-774b-bcce-b302099a8057", "01890a5d-ac96-774b-bcce-b302099a8057.x"] {
            let paging = Paging { next: Some(next.to_owned()), limit: Some(0) };
            assert!(paging.place::<DeviceId>().is_err() && paging.limit().is_err(), "{next}");
        }
    }
}
