//! Which entries are done: all up to a mark, and some above it.

use std::collections::VecDeque;

use traffic_archive::Sequence;

/// A low-water mark and what is done above it. Its size is the distance between the mark and the
/// highest that is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Done {
    /// The lowest that is not done.
    next: Sequence,
    /// Whether each one from `next` on is done. The first, if there is one, is not.
    above: VecDeque<bool>,
}

impl Done {
    /// Everything before `next` is done.
    pub(super) fn before(next: Sequence) -> Self {
        Self { next, above: VecDeque::new() }
    }

    /// The lowest that is not done.
    pub(super) fn next(&self) -> Sequence {
        self.next
    }

    pub(super) fn contains(&self, sequence: Sequence) -> bool {
        match self.place(sequence) {
            None => true,
            Some(place) => self.above.get(place).copied().unwrap_or(false),
        }
    }

    pub(super) fn insert(&mut self, sequence: Sequence) {
        let Some(place) = self.place(sequence) else { return };
        if place >= self.above.len() {
            self.above.resize(place + 1, false);
        }
        self.above[place] = true;
        while self.above.front() == Some(&true) {
            self.above.pop_front();
            self.next = self.next.next();
        }
    }

    /// What is done above [`next`](Self::next).
    pub(super) fn above(&self) -> impl Iterator<Item = Sequence> {
        let numbered = self.above.iter().zip(0..);
        numbered.filter(|(done, _)| **done).map(|(_, place)| self.next.plus(place))
    }

    /// `None` below the mark.
    fn place(&self, sequence: Sequence) -> Option<usize> {
        let place = sequence.get().checked_sub(self.next.get())?;
        Some(usize::try_from(place).expect("what is read ahead is bounded"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequence(number: u64) -> Sequence {
        Sequence::new(number).unwrap()
    }

    #[test]
    fn the_mark_passes_what_is_done() {
        let mut done = Done::before(sequence(5));
        done.insert(sequence(6));
        done.insert(sequence(8));
        assert_eq!(done.next(), sequence(5));
        assert_eq!(done.above().collect::<Vec<_>>(), [sequence(6), sequence(8)]);
        assert!(done.contains(sequence(4)) && done.contains(sequence(8)));
        assert!(!done.contains(sequence(7)) && !done.contains(sequence(9)));
        done.insert(sequence(5));
        assert_eq!(done.next(), sequence(7));
        done.insert(sequence(7));
        done.insert(sequence(2));
        assert_eq!(done, Done::before(sequence(9)));
    }
}
