//! A branch of the ladder: which of its places are taken.

/// Bits of the key that one step consumes.
pub(super) const STEP_BITS: u32 = 6;
/// Places of a branch.
pub(super) const PLACES: usize = 1 << STEP_BITS;

/// Everything of a branch but its children, apart from them so that many fit a cache line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Branch {
    /// Which places are taken.
    pub(super) taken: u64,
    /// The bits of the key above this branch, the same for everything below it.
    pub(super) prefix: u64,
    /// The branch above, or `NONE` for a root; links free branches.
    pub(super) parent: u32,
    /// The lowest bit of the key that it looks at. A leaf has 0, and its children are levels.
    pub(super) shift: u32,
}

impl Branch {
    /// Whether `key` belongs below this branch.
    #[inline]
    pub(super) fn covers(&self, key: u64) -> bool {
        self.prefix == prefix_of(key, self.shift)
    }

    /// Whether `place` is taken.
    #[inline]
    pub(super) fn has(&self, place: usize) -> bool {
        self.taken >> place & 1 == 1
    }

    /// The first taken place, if any.
    #[inline]
    pub(super) fn first(&self) -> Option<usize> {
        (self.taken != 0).then_some(self.taken.trailing_zeros() as usize)
    }

    /// The first taken place behind `place`, if any.
    #[inline]
    pub(super) fn first_behind(&self, place: usize) -> Option<usize> {
        let behind = self.taken & (u64::MAX << place << 1);
        (behind != 0).then_some(behind.trailing_zeros() as usize)
    }
}

/// The bits of `key` above those that a branch looks at.
#[inline]
pub(super) fn prefix_of(key: u64, shift: u32) -> u64 {
    key >> shift >> STEP_BITS
}

/// The place of `key` in a branch.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "less than 64 is left")]
pub(super) fn place_of(key: u64, shift: u32) -> usize {
    (key >> shift) as usize % PLACES
}
