//! A set of numbers that lie in few stretches.

use std::collections::BTreeMap;

/// Numbers, kept as stretches: what came without gaps costs one entry, however much it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranges {
    /// First to last of each stretch, both inclusive; stretches never touch.
    stretches: BTreeMap<u64, u64>,
}

impl Ranges {
    /// Adds a number; tells whether it is new.
    pub fn insert(&mut self, number: u64) -> bool {
        let before = self.stretches.range(..=number).next_back().map(|(from, to)| (*from, *to));
        if before.is_some_and(|(_, to)| number <= to) {
            return false;
        }
        let joined = number.checked_add(1).and_then(|next| self.stretches.remove(&next));
        let to = joined.unwrap_or(number);
        let from = match before {
            Some((from, end)) if end + 1 == number => from,
            _ => number,
        };
        self.stretches.insert(from, to);
        true
    }

    /// The lowest number.
    pub fn first(&self) -> Option<u64> {
        self.stretches.first_key_value().map(|(from, _)| *from)
    }

    /// The highest number.
    pub fn last(&self) -> Option<u64> {
        self.stretches.last_key_value().map(|(_, to)| *to)
    }

    /// What is missing between the lowest and the highest: first and last of each stretch.
    pub fn gaps(&self) -> impl Iterator<Item = (u64, u64)> {
        let ends = self.stretches.values();
        let begins = self.stretches.keys().skip(1);
        ends.zip(begins).map(|(to, from)| (to + 1, from - 1))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_set(numbers in prop::collection::vec(0_u64..40, 0..60)) {
            let (mut ranges, mut plain) = (Ranges::default(), BTreeSet::new());
            for number in numbers {
                prop_assert_eq!(ranges.insert(number), plain.insert(number));
            }
            prop_assert_eq!(ranges.first(), plain.first().copied());
            prop_assert_eq!(ranges.last(), plain.last().copied());
            let missing: Vec<u64> = ranges.gaps().flat_map(|(from, to)| from..=to).collect();
            let all = plain.first().copied().unwrap_or(1)..=plain.last().copied().unwrap_or(0);
            let expected: Vec<u64> = all.filter(|number| !plain.contains(number)).collect();
            prop_assert_eq!(missing, expected);
        }
    }

    #[test]
    fn the_last_number_there_is_has_a_place() {
        let mut ranges = Ranges::default();
        assert!(ranges.insert(u64::MAX));
        assert!(!ranges.insert(u64::MAX));
    }
}
