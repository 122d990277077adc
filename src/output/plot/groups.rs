//! The specialists with a colour of their own: those with the most trials. All others share one.

use std::cmp::Reverse;

use super::model::Plot;
use super::style::MAX_GROUPS;
use crate::analysis::Point;
use crate::output::visible_or_dash;
use crate::text::count;

#[derive(Default)]
pub(super) struct Groups {
    pub(super) names: Vec<String>,
    /// The place in `names` of each specialist.
    places: Vec<usize>,
}

impl Groups {
    /// No groups unless the trials of one search are coloured by specialist.
    pub(super) fn new(plot: &Plot) -> Self {
        let mut groups = Self::default();
        let [(_, search)] = &plot.searches[..] else {
            return groups;
        };
        if !plot.by_specialist {
            return groups;
        }
        let mut sizes = vec![0_usize; search.specialists.len()];
        for point in &search.points {
            sizes[point.specialist] += 1;
        }
        let mut order: Vec<usize> = (0..sizes.len()).collect();
        order.sort_by_key(|&specialist| Reverse(sizes[specialist]));
        groups.places = vec![MAX_GROUPS; sizes.len()];
        for (place, &specialist) in order.iter().take(MAX_GROUPS).enumerate() {
            groups.places[specialist] = place;
            let name = &search.specialists[specialist];
            groups.names.push(visible_or_dash(name));
        }
        if order.len() > MAX_GROUPS {
            let others = count((order.len() - MAX_GROUPS) as u64, "other");
            groups.names.push(others);
        }
        groups
    }

    pub(super) fn of(&self, point: &Point) -> Option<usize> {
        self.places.get(point.specialist).copied()
    }
}
