//! Which case happens next.

use super::catalog::{Case, Catalog, Folder};
use super::random::Random;

/// The cases that a lane's day is made of.
pub(super) struct Cases<'a> {
    /// Those that must happen, spread over the day.
    tour: Vec<&'a Case>,
    /// The others, each with the sum of the weights up to and with its own.
    usual: Vec<(u64, &'a Case)>,
    total: u64,
    last: Option<&'a Case>,
}

impl<'a> Cases<'a> {
    /// All cases that can happen, by their weight. With `tour`, each happens once for sure.
    pub(super) fn new(catalog: &'a Catalog, with_global: bool, tour: bool) -> Self {
        let mut cases = Self {
            tour: Vec::new(),
            usual: Vec::new(),
            total: 0,
            last: None,
        };
        for case in catalog.of(Folder::Events) {
            if with_global || !case.is_global {
                cases.total += case.weight;
                cases.usual.push((cases.total, case));
            }
            if tour {
                cases.tour.push(case);
            }
        }
        cases
    }

    /// Records that the tour needs at least.
    pub(super) fn least(&self) -> u64 {
        self.tour.len() as u64
    }

    /// The case of the day's record number `index` of `count`.
    pub(super) fn next(&mut self, index: u64, count: u64, random: &mut Random) -> Option<&'a Case> {
        let step = count.checked_div(self.least()).unwrap_or_default();
        if step > 0
            && index.is_multiple_of(step)
            && let Some(case) = self.tour.get((index / step) as usize)
        {
            return Some(case);
        }
        // The same thing is often done many times in a row.
        if self.last.is_none() || random.chance(50) {
            let point = random.below(self.total);
            let at = self.usual.partition_point(|(upto, _)| *upto <= point);
            self.last = self.usual.get(at).map(|(_, case)| *case);
        }
        self.last
    }
}
