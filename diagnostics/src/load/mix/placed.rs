//! What this load has made so far, so that later requests can name it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use fastrand::Rng;

/// Locations that are remembered; further ones take the place of others.
const PLACED_MAX: usize = 10_000;

/// Where something is, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::load) struct Known {
    pub(in crate::load) path: String,
    pub(in crate::load) owner: usize,
}

/// The last that were made, about.
#[derive(Debug, Default)]
pub(in crate::load) struct Placed {
    known: Mutex<Vec<Known>>,
}

impl Placed {
    /// One more.
    pub(in crate::load) fn add(&self, path: &str, owner: usize) {
        let known = Known { path: path.to_owned(), owner };
        let mut all = self.lock();
        if all.len() < PLACED_MAX {
            all.push(known);
        } else {
            let place = fastrand::usize(0..PLACED_MAX);
            all[place] = known;
        }
    }

    /// Any of them.
    pub(super) fn any(&self, chance: &mut Rng) -> Option<Known> {
        chance.choice(self.lock().iter()).cloned()
    }

    /// Any of them, which nobody gets any more.
    pub(super) fn take(&self, chance: &mut Rng) -> Option<Known> {
        let mut all = self.lock();
        (!all.is_empty()).then(|| {
            let place = chance.usize(0..all.len());
            all.swap_remove(place)
        })
    }

    /// Nothing can be left half-changed: a poisoned lock is just a lock.
    fn lock(&self) -> MutexGuard<'_, Vec<Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_remembers_more_than_it_may() {
        let (placed, chance) = (Placed::default(), &mut Rng::with_seed(1));
        assert_eq!((placed.any(chance), placed.take(chance)), (None, None));
        for number in 0..PLACED_MAX + 5 {
            placed.add(&number.to_string(), number);
        }
        assert_eq!(placed.lock().len(), PLACED_MAX);
        assert!(placed.lock().iter().any(|known| known.owner >= PLACED_MAX), "new ones come in");
        let taken = placed.take(chance).unwrap();
        assert!(!placed.lock().contains(&taken));
    }
}
