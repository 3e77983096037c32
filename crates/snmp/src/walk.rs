//! Walks through a subtree, with an agent that may loop, go backwards or never end.

use std::cmp::Ordering;

use crate::ber::tag;
use crate::message::Varbind;
use crate::oid::OidRef;

/// Says why a walk ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WalkEnd {
    /// The next object lies outside the subtree.
    LeftSubtree,
    /// The agent has no further object.
    EndOfMib,
    /// The agent named an object that does not lie behind the one before: it loops or goes back.
    NotIncreasing,
    /// As many objects came as were allowed.
    Limit,
    /// The agent named an object that is not well formed.
    Malformed,
}

/// Follows one subtree, object by object.
#[derive(Clone, Debug)]
pub struct Walk {
    /// The subtree's identifier, then what the last object has more.
    last: Vec<u8>,
    root_length: usize,
    taken: u32,
    limit: u32,
    end: Option<WalkEnd>,
}

impl Walk {
    /// Starts a walk below `root` that takes at most `limit` objects.
    pub fn new(root: &[u8], limit: u32) -> Self {
        let mut last = Vec::with_capacity(root.len() + 8);
        last.extend_from_slice(root);
        Walk { last, root_length: root.len(), taken: 0, limit, end: None }
    }

    /// Goes on behind `position`, which lies below `root`.
    pub fn resumed(root: &[u8], position: &[u8], limit: u32) -> Self {
        let mut walk = Walk::new(root, limit);
        walk.last.clear();
        walk.last.extend_from_slice(position);
        walk
    }

    /// Returns the identifier to ask for the successor of.
    pub fn position(&self) -> OidRef<'_> {
        OidRef::new(&self.last)
    }

    /// Returns why the walk ended, or `None` while it goes on.
    pub fn end(&self) -> Option<WalkEnd> {
        self.end
    }

    /// Ends the walk from outside: v1 tells the end of the MIB by an error.
    pub fn finish(&mut self, end: WalkEnd) {
        self.end = Some(end);
    }

    /// Returns how many objects were taken.
    pub fn taken(&self) -> u32 {
        self.taken
    }

    /// Takes the next binding; returns whether it belongs to the walk. If not, the walk has ended.
    pub fn take(&mut self, binding: &Varbind<'_>) -> bool {
        if self.end.is_some() {
            return false;
        }
        self.end = self.verdict(binding);
        if self.end.is_some() {
            return false;
        }
        self.last.clear();
        self.last.extend_from_slice(binding.name.as_octets());
        self.taken += 1;
        if self.taken == self.limit {
            self.end = Some(WalkEnd::Limit);
        }
        true
    }

    fn verdict(&self, binding: &Varbind<'_>) -> Option<WalkEnd> {
        // An agent at its end repeats the name that was asked: look at the value first.
        if binding.tag == tag::END_OF_MIB_VIEW {
            return Some(WalkEnd::EndOfMib);
        }
        if binding.name.check().is_err() {
            return Some(WalkEnd::Malformed);
        }
        if binding.name.cmp_arcs(&self.position()) != Ordering::Greater {
            return Some(WalkEnd::NotIncreasing);
        }
        let inside = binding.name.as_octets().starts_with(&self.last[..self.root_length]);
        (!inside || binding.is_exception()).then_some(WalkEnd::LeftSubtree)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oid;

    fn taken(root: &str, limit: u32, names: &[(&str, u8)]) -> (u32, Option<WalkEnd>) {
        let encode = |text: &str| oid::encode(&oid::parse(text).expect("dotted text"));
        let mut walk = Walk::new(&encode(root), limit);
        for (name, tag) in names {
            let name = encode(name);
            walk.take(&Varbind { name: OidRef::new(&name), tag: *tag, contents: &[0] });
        }
        (walk.taken(), walk.end())
    }

    #[test]
    fn a_walk_ends_where_its_subtree_ends() {
        let names = [("1.3.6.1.5.1", 2), ("1.3.6.1.5.200", 2), ("1.3.6.1.6.1", 2), ("1.3.6.1.6.2", 2)];
        assert_eq!(taken("1.3.6.1.5", 9, &names), (2, Some(WalkEnd::LeftSubtree)));
        assert_eq!(taken("1.3.6.1.5", 2, &names), (2, Some(WalkEnd::Limit)));
        assert_eq!(taken("1.3.6.1.5", 9, &names[..2]), (2, None));
    }

    #[test]
    fn a_walk_ends_when_the_agent_repeats_itself_or_goes_back() {
        let repeats = [("1.3.6.1.5.1", 2), ("1.3.6.1.5.1", 2), ("1.3.6.1.5.2", 2)];
        assert_eq!(taken("1.3.6.1.5", 9, &repeats), (1, Some(WalkEnd::NotIncreasing)));
        let goes_back = [("1.3.6.1.5.7", 2), ("1.3.6.1.5.3", 2)];
        assert_eq!(taken("1.3.6.1.5", 9, &goes_back), (1, Some(WalkEnd::NotIncreasing)));
    }

    #[test]
    fn the_end_of_the_mib_is_no_object() {
        assert_eq!(taken("1.3.6.1.5", 9, &[("1.3.6.1.5.1", 2), ("1.3.6.1.5.1", 0x82)]), (1, Some(WalkEnd::EndOfMib)));
    }
}
