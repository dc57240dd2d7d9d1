//! The price ladder: which price levels there are, in order.
//!
//! A path-compressed trie over 64-bit keys, six bits a step. A branch has 64 places, a word that
//! says which of them are taken, and so knows the next one by counting zeros. Prices that lie close
//! share a leaf; a chain of branches with one child each is never built. So there is at most one
//! leaf and one inner branch a level, however far prices are apart, and no walk is longer than
//! eleven steps; two or three are usual.
//!
//! Both sides share the memory of their branches but have a root each. The keys of a side ascend
//! from its best price to its worst, so that one direction of walking is enough.

mod branch;
#[cfg(test)]
mod tests;

use branch::{Branch, PLACES, STEP_BITS, place_of, prefix_of};

use crate::{NONE, Side};

/// The lowest bit that the topmost branch looks at: ten steps below it consume 60.
const SHIFT_MAX: u32 = 60;

/// The levels of both sides by key.
#[derive(Clone, Debug)]
pub(crate) struct Ladder {
    roots: [u32; 2],
    branches: Vec<Branch>,
    children: Vec<[u32; PLACES]>,
    /// The first free branch, or `NONE`.
    free: u32,
}

impl Ladder {
    pub(crate) const fn new() -> Self {
        Self { roots: [NONE; 2], branches: Vec::new(), children: Vec::new(), free: NONE }
    }

    /// Makes room for `levels` levels, wherever they lie.
    pub(crate) fn reserve(&mut self, levels: usize) {
        let missing = (2 * levels).saturating_sub(self.branches.len());
        self.branches.reserve(missing);
        self.children.reserve(missing);
    }

    /// The level at `key` of `side`, if there is one.
    pub(crate) fn find(&self, side: Side, key: u64) -> Option<u32> {
        let mut at = self.roots[side as usize];
        while at != NONE {
            let branch = &self.branches[at as usize];
            let place = place_of(key, branch.shift);
            if !branch.covers(key) || !branch.has(place) {
                break;
            }
            let child = self.children[at as usize][place];
            if branch.shift == 0 {
                return Some(child);
            }
            at = child;
        }
        None
    }

    /// The leaf for `key` of `side`, made if it lacks. Something must then be [`put`](Self::put).
    #[inline]
    pub(crate) fn leaf(&mut self, side: Side, key: u64) -> u32 {
        let mut at = self.roots[side as usize];
        if at == NONE {
            let leaf = self.make(prefix_of(key, 0), 0, NONE);
            self.roots[side as usize] = leaf;
            return leaf;
        }
        loop {
            let branch = self.branches[at as usize];
            if !branch.covers(key) {
                return self.fork(side, at, key);
            }
            if branch.shift == 0 {
                return at;
            }
            let place = place_of(key, branch.shift);
            if !branch.has(place) {
                let leaf = self.make(prefix_of(key, 0), 0, at);
                self.take(at, place, leaf);
                return leaf;
            }
            at = self.children[at as usize][place];
        }
    }

    /// The level that a leaf has at `key`, if any.
    #[inline]
    pub(crate) fn at(&self, leaf: u32, key: u64) -> Option<u32> {
        let place = place_of(key, 0);
        self.branches[leaf as usize].has(place).then(|| self.children[leaf as usize][place])
    }

    /// Puts a level into the leaf for `key`.
    #[inline]
    pub(crate) fn put(&mut self, leaf: u32, key: u64, level: u32) {
        self.take(leaf, place_of(key, 0), level);
    }

    /// The first level of a side.
    pub(crate) fn first(&self, side: Side) -> Option<u32> {
        let root = self.roots[side as usize];
        (root != NONE).then(|| self.first_below(root))
    }

    /// The level behind `key`, whose leaf is given.
    #[inline]
    pub(crate) fn next(&self, leaf: u32, key: u64) -> Option<u32> {
        let mut at = leaf;
        loop {
            let branch = &self.branches[at as usize];
            if let Some(place) = branch.first_behind(place_of(key, branch.shift)) {
                let child = self.children[at as usize][place];
                return Some(if branch.shift == 0 { child } else { self.first_below(child) });
            }
            if branch.parent == NONE {
                return None;
            }
            at = branch.parent;
        }
    }

    /// Takes the level at `key` out of its leaf, and branches that are not needed any more with it.
    #[inline]
    pub(crate) fn remove(&mut self, side: Side, leaf: u32, key: u64) {
        let branch = &mut self.branches[leaf as usize];
        branch.taken &= !(1 << place_of(key, 0));
        if branch.taken == 0 {
            self.remove_leaf(side, leaf, key);
        }
    }

    fn remove_leaf(&mut self, side: Side, leaf: u32, key: u64) {
        let parent = self.branches[leaf as usize].parent;
        self.release(leaf);
        if parent == NONE {
            self.roots[side as usize] = NONE;
            return;
        }
        let branch = &mut self.branches[parent as usize];
        branch.taken &= !(1 << place_of(key, branch.shift));
        if branch.taken.is_power_of_two() {
            let only = self.children[parent as usize][branch.taken.trailing_zeros() as usize];
            let Branch { prefix, shift, parent: above, .. } = *branch;
            self.release(parent);
            self.hang(side, only, above, prefix << STEP_BITS << shift);
        }
    }

    /// Makes the branch where `key` parts from everything below `at`, and a leaf for `key`.
    #[cold]
    fn fork(&mut self, side: Side, at: u32, key: u64) -> u32 {
        let Branch { prefix, shift, parent, .. } = self.branches[at as usize];
        let other = prefix << STEP_BITS << shift;
        let differing = (prefix ^ prefix_of(key, shift)).ilog2();
        let fork_shift = shift + STEP_BITS + differing / STEP_BITS * STEP_BITS;
        let fork = self.make(prefix_of(key, fork_shift), fork_shift, NONE);
        self.hang(side, fork, parent, key);
        self.take(fork, place_of(other, fork_shift), at);
        self.branches[at as usize].parent = fork;
        let leaf = self.make(prefix_of(key, 0), 0, fork);
        self.take(fork, place_of(key, fork_shift), leaf);
        leaf
    }

    /// Hangs a branch where `key` leads from `parent`, or makes it the root.
    fn hang(&mut self, side: Side, branch: u32, parent: u32, key: u64) {
        self.branches[branch as usize].parent = parent;
        if parent == NONE {
            self.roots[side as usize] = branch;
        } else {
            let place = place_of(key, self.branches[parent as usize].shift);
            self.children[parent as usize][place] = branch;
        }
    }

    #[inline]
    fn take(&mut self, at: u32, place: usize, child: u32) {
        self.branches[at as usize].taken |= 1 << place;
        self.children[at as usize][place] = child;
    }

    fn first_below(&self, branch: u32) -> u32 {
        let mut at = branch;
        loop {
            let branch = &self.branches[at as usize];
            let place = branch.first().expect("no branch is empty");
            let child = self.children[at as usize][place];
            if branch.shift == 0 {
                return child;
            }
            at = child;
        }
    }

    #[inline]
    fn make(&mut self, prefix: u64, shift: u32, parent: u32) -> u32 {
        let branch = Branch { taken: 0, prefix, parent, shift };
        let made = self.free;
        if made == NONE {
            return self.grow(branch);
        }
        self.free = self.branches[made as usize].parent;
        self.branches[made as usize] = branch;
        made
    }

    #[cold]
    fn grow(&mut self, branch: Branch) -> u32 {
        let made = u32::try_from(self.branches.len()).expect("two branches an order at most");
        self.branches.push(branch);
        self.children.push([NONE; PLACES]);
        made
    }

    #[inline]
    fn release(&mut self, branch: u32) {
        self.branches[branch as usize].parent = self.free;
        self.free = branch;
    }

    /// Panics unless every branch is where its key leads, and only forks and leaves are there.
    pub(crate) fn assert_shape(&self) {
        for root in self.roots.into_iter().filter(|root| *root != NONE) {
            assert_eq!(self.branches[root as usize].parent, NONE, "a root hangs nowhere");
            self.assert_below(root);
        }
    }

    fn assert_below(&self, at: u32) {
        let Branch { taken, prefix, shift, .. } = self.branches[at as usize];
        assert!(shift <= SHIFT_MAX, "a branch at bit {shift}");
        assert!(taken.count_ones() > u32::from(shift > 0), "a branch with nothing to tell apart");
        for place in (0..PLACES).filter(|place| shift > 0 && taken >> place & 1 == 1) {
            let child = self.children[at as usize][place];
            let below = &self.branches[child as usize];
            assert_eq!(below.parent, at, "a branch knows what it hangs from");
            assert!(below.shift < shift, "branches are lower and lower");
            let key = below.prefix << STEP_BITS << below.shift;
            assert_eq!((prefix_of(key, shift), place_of(key, shift)), (prefix, place));
            self.assert_below(child);
        }
    }
}
