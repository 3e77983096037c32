//! Which device a sender's word is about: joining what is one, keeping apart what is two, and
//! undoing either. On what evidence two are one, `policy` says.
//!
//! A view stays its sender's own whatever is decided, and so do the samples that it left in
//! history. So joining only says which device both belong to, and can be undone.

use jiff::Timestamp;
use policy::history::Day;
use policy::identity::{Evidence, Joined, Likeness, Mark, compare, contradict, marks, traits};
use wire::envelope::SenderKind;
use wire::identity::{Traits, Verdict};

use crate::error::{Result, StoreError};
use crate::ids::{DeviceId, SenderId, TenantId, new_id};
use crate::registry::Sender;
use crate::rows::{Of, Rows, Teller, ViewRow};

/// Is where a sender's word belongs.
#[derive(Clone, Debug)]
pub struct Home {
    pub device: DeviceId,
    pub joined: Option<Joined>,
}

/// Is how what a view tells of who its device is changes.
#[derive(Clone, Copy, Debug)]
pub struct Retold<'a> {
    pub before: &'a Traits,
    pub after: &'a Traits,
}

/// Finds the home of a view, makes one if there is none, and writes down what the device is known by.
///
/// A view that is the only one of its device moves to another device when it begins to bear the
/// same mark: a printer whose serial number was not read at first is found all the same. A view that
/// begins to contradict the others of its device leaves them, unless a person has joined them: an agent
/// whose disk was put back may give a number to another printer.
pub fn settle(rows: &mut impl Rows, of: Of, sender: &Sender, home: Option<Home>, retold: Retold<'_>, now: Timestamp) -> Result<Home> {
    let (before_marks, after_marks) = (marks(retold.before), marks(retold.after));
    let is_new = home.is_none();
    let own = home.as_ref().map(|home| home.device);
    let has_news = after_marks.iter().any(|mark| !before_marks.contains(mark));
    let is_alone = match &home {
        _ if !has_news => false,
        None => true,
        Some(home) => home.joined.is_none() && rows.tellers(of.tenant, home.device)?.len() == 1,
    };
    let leaves = has_news && !is_alone && own.map_or(Ok(false), |own| contradicts_others(rows, of, own, retold.after))?;
    let found = if is_alone || leaves { look(rows, of.tenant, sender.kind, own, retold.after, &after_marks)? } else { Found::default() };
    // Whoever leaves is at home nowhere, as if it were new.
    let settled = match (found.same, home.filter(|_| !leaves)) {
        (Some(Same { device, on, verdict }), before) => {
            if let Some(before) = before {
                move_word(rows, of, before.device, device)?;
                for mark in &before_marks {
                    rows.remove_mark(of.tenant, &mark.text, before.device)?;
                }
                rows.remove_device(of.tenant, before.device)?;
            }
            Home { device, joined: Some(Joined { at: now, on, by: None, why: verdict.reasons }) }
        }
        (None, Some(home)) => home,
        (None, None) => {
            let device = new_id(now);
            rows.create_device(of.tenant, device, sender.site, now)?;
            Home { device, joined: None }
        }
    };
    if let Some(own) = own.filter(|_| leaves) {
        leave(rows, of, own, settled.device, &before_marks)?;
    }
    // What a person has said of the device that it joins holds for it as well.
    if let Some(twin) = found.twin.filter(|_| is_new || is_alone)
        && !rows.is_apart(of.tenant, settled.device, twin)?
    {
        rows.put_twin(of.tenant, settled.device, Some(twin))?;
    }
    let kept: &[Mark] = if own == Some(settled.device) { &before_marks } else { &[] };
    for mark in after_marks.iter().filter(|mark| !kept.contains(mark)) {
        rows.put_mark(of.tenant, &mark.text, settled.device)?;
    }
    let lost: Vec<&Mark> = kept.iter().filter(|mark| !after_marks.contains(mark)).collect();
    if !lost.is_empty() {
        let others = marks_of(rows, of.tenant, settled.device, Some(of))?;
        for mark in lost.into_iter().filter(|mark| !others.contains(mark)) {
            rows.remove_mark(of.tenant, &mark.text, settled.device)?;
        }
    }
    Ok(settled)
}

/// Returns whether a view contradicts what the other views of a device tell, none of them joined by a person.
fn contradicts_others(rows: &mut impl Rows, of: Of, device: DeviceId, own: &Traits) -> Result<bool> {
    for teller in rows.tellers(of.tenant, device)? {
        let teller_of = Of { tenant: of.tenant, sender: teller.sender };
        let joined = rows.view(teller_of, teller.number)?.and_then(|row| row.joined);
        if joined.is_some_and(|joined| joined.on == Evidence::Person) {
            return Ok(false);
        }
    }
    Ok(contradict(own, &traits_of(rows, of.tenant, device, Some(of))?))
}

/// Takes a sender's word off a device that others tell of as well, and what only it had borne.
fn leave(rows: &mut impl Rows, of: Of, from: DeviceId, to: DeviceId, borne: &[Mark]) -> Result<()> {
    move_word(rows, of, from, to)?;
    let left = marks_of(rows, of.tenant, from, Some(of))?;
    for mark in borne.iter().filter(|mark| !left.contains(mark)) {
        rows.remove_mark(of.tenant, &mark.text, from)?;
    }
    if let Some((first, row)) = without_a_first(rows, of.tenant, from, Some(of))? {
        rows.place_view(first, row.number, from, None)?;
    }
    Ok(())
}

#[derive(Default)]
struct Found {
    same: Option<Same>,
    twin: Option<DeviceId>,
}

/// Is a device that a view tells of, and why.
struct Same {
    device: DeviceId,
    on: Evidence,
    verdict: Verdict,
}

/// Looks for a device that is the same, the one that weighs most, and for one that may be.
fn look(rows: &mut impl Rows, tenant: TenantId, kind: SenderKind, own: Option<DeviceId>, told: &Traits, marks: &[Mark]) -> Result<Found> {
    let mut found = Found::default();
    let mut met = Vec::new();
    for mark in marks {
        for device in rows.devices_marked(tenant, &mark.text)? {
            if own == Some(device) || met.contains(&device) {
                continue;
            }
            met.push(device);
            let is_apart = match own {
                Some(own) => rows.is_apart(tenant, own, device)?,
                None => false,
            };
            let kinds: Vec<SenderKind> = rows.tellers(tenant, device)?.iter().map(|teller| teller.kind).collect();
            match compare(told, kind, &traits_of(rows, tenant, device, None)?, &kinds) {
                _ if is_apart => {}
                // Of two that weigh the same, the one with the stronger mark, then the older one, was met first.
                Likeness::Same(on, verdict) if found.same.as_ref().is_none_or(|best| verdict.weight > best.verdict.weight) => {
                    found.same = Some(Same { device, on, verdict });
                }
                Likeness::Twins(_) if found.twin.is_none() => found.twin = Some(device),
                Likeness::Same(..) | Likeness::Twins(_) | Likeness::Others => {}
            }
        }
    }
    Ok(found)
}

/// Lists what the views of a device tell of who it is, but for one of them.
fn traits_of(rows: &mut impl Rows, tenant: TenantId, device: DeviceId, without: Option<Of>) -> Result<Vec<Traits>> {
    let mut all = Vec::new();
    for teller in rows.tellers(tenant, device)? {
        let of = Of { tenant, sender: teller.sender };
        if without != Some(of)
            && let Some(row) = rows.view(of, teller.number)?
        {
            all.push(traits(&row.view));
        }
    }
    Ok(all)
}

/// Lists what a device is looked for by as its views tell, but for one of them.
fn marks_of(rows: &mut impl Rows, tenant: TenantId, device: DeviceId, without: Option<Of>) -> Result<Vec<Mark>> {
    Ok(traits_of(rows, tenant, device, without)?.iter().flat_map(marks).collect())
}

/// Moves what a sender has said of one device to another.
fn move_word(rows: &mut impl Rows, of: Of, from: DeviceId, to: DeviceId) -> Result<()> {
    for day in rows.days(of, from)? {
        let moved = rows.day(of, from, day)?.unwrap_or_default();
        let mut whole = rows.day(of, to, day)?.unwrap_or_else(Day::default);
        for sample in moved.samples() {
            whole.add(sample.clone());
        }
        rows.put_day(of, to, day, &whole)?;
        rows.remove_day(of, from, day)?;
    }
    Ok(())
}

/// Takes a sender's word off a device and gives it a device of its own, which stays apart from then
/// on. Returns the new device.
///
/// # Errors
/// Fails if the sender does not tell of the device, or nobody else does.
pub fn part(rows: &mut impl Rows, tenant: TenantId, device: DeviceId, sender: SenderId, by: &str, now: Timestamp) -> Result<DeviceId> {
    let of = Of { tenant, sender };
    let tellers = rows.tellers(tenant, device)?;
    let teller =
        *tellers.iter().find(|teller| teller.sender == sender).ok_or(StoreError::NotFound { what: "sender's word on the device" })?;
    if tellers.len() < 2 {
        return Err(StoreError::Contradiction { why: "nobody else tells of this device, so there is nothing to keep apart" });
    }
    let site = rows.sender(of)?.ok_or(StoreError::NotFound { what: "sender" })?.sender.site;
    let own = rows.view(of, teller.number)?.map(|row| marks(&traits(&row.view))).unwrap_or_default();
    let new = new_id(now);
    rows.create_device(tenant, new, site, now)?;
    move_word(rows, of, device, new)?;
    rows.place_view(of, teller.number, new, None)?;
    let left = marks_of(rows, tenant, device, None)?;
    for mark in &own {
        rows.put_mark(tenant, &mark.text, new)?;
        if !left.contains(mark) {
            rows.remove_mark(tenant, &mark.text, device)?;
        }
    }
    // Whoever stays told of the device from the beginning, or was joined to one that has left.
    if let Some(first) = without_a_first(rows, tenant, device, None)? {
        rows.place_view(first.0, first.1.number, device, None)?;
    }
    keep_apart(rows, tenant, device, new, by, now)?;
    Ok(new)
}

/// Returns a view that may count as the first, if none but that of `leaving` does.
fn without_a_first(rows: &mut impl Rows, tenant: TenantId, device: DeviceId, leaving: Option<Of>) -> Result<Option<(Of, ViewRow)>> {
    let mut joined = None;
    for Teller { sender, number, .. } in rows.tellers(tenant, device)? {
        let of = Of { tenant, sender };
        if leaving != Some(of)
            && let Some(row) = rows.view(of, number)?
        {
            if row.joined.is_none() {
                return Ok(None);
            }
            joined.get_or_insert((of, row));
        }
    }
    Ok(joined)
}

/// Says that two devices are two, whatever they bear.
pub fn keep_apart(rows: &mut impl Rows, tenant: TenantId, one: DeviceId, other: DeviceId, by: &str, now: Timestamp) -> Result<()> {
    for (one, other) in [(one, other), (other, one)] {
        rows.put_apart(tenant, one, other, by, now)?;
        if rows.twin(tenant, one)? == Some(other) {
            rows.put_twin(tenant, one, None)?;
        }
    }
    Ok(())
}

/// Makes two devices one: all that is told of `other` counts for `device` from now on.
///
/// # Errors
/// Fails if there is no such device, or if one sender tells of both: it has seen two.
pub fn join(rows: &mut impl Rows, tenant: TenantId, device: DeviceId, other: DeviceId, by: &str, now: Timestamp) -> Result<()> {
    let (stays, moves) = (rows.tellers(tenant, device)?, rows.tellers(tenant, other)?);
    if device == other || stays.is_empty() || moves.is_empty() {
        return Err(StoreError::NotFound { what: "device" });
    }
    if moves.iter().any(|moved| stays.iter().any(|stays| stays.sender == moved.sender)) {
        return Err(StoreError::Contradiction { why: "one sender tells of both devices, so it has seen two" });
    }
    let moved_marks = marks_of(rows, tenant, other, None)?;
    for teller in moves {
        let of = Of { tenant, sender: teller.sender };
        move_word(rows, of, other, device)?;
        let joined = Joined { at: now, on: Evidence::Person, by: Some(by.to_owned()), why: Vec::new() };
        rows.place_view(of, teller.number, device, Some(&joined))?;
    }
    for mark in moved_marks {
        rows.remove_mark(tenant, &mark.text, other)?;
        rows.put_mark(tenant, &mark.text, device)?;
    }
    rows.remove_device(tenant, other)
}
