use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// Keys that share prefixes of every length.
fn key() -> impl Strategy<Value = u64> {
    prop_oneof![
        0..200_u64,
        (0..64_u32, 0..4_u64).prop_map(|(bit, low)| 1 << bit | low),
        (0..64_u32, 0..4_u64).prop_map(|(bit, low)| u64::MAX << bit | low),
        any::<u64>(),
    ]
}

proptest! {
    #[test]
    fn a_ladder_is_a_sorted_map(
        steps in proptest::collection::vec((any::<bool>(), key(), any::<bool>()), 0..300),
    ) {
        let mut ladder = Ladder::new();
        let mut maps = [BTreeMap::new(), BTreeMap::new()];
        let mut levels_max = 0;
        for (level, (buys, key, removes)) in (0..).zip(steps) {
            let side = if buys { Side::Buy } else { Side::Sell };
            let map = &mut maps[side as usize];
            // A key that is there, if any is at or behind this one.
            let there = map.range(key..).next().map(|(key, (leaf, _))| (*key, *leaf));
            match there {
                Some((key, leaf)) if removes => {
                    ladder.remove(side, leaf, key);
                    map.remove(&key);
                }
                _ => {
                    let leaf = ladder.leaf(side, key);
                    prop_assert_eq!(ladder.at(leaf, key), map.get(&key).map(|(_, level)| *level));
                    ladder.put(leaf, key, level);
                    map.insert(key, (leaf, level));
                }
            }
            ladder.assert_shape();
            let map = &maps[side as usize];
            prop_assert_eq!(ladder.find(side, key), map.get(&key).map(|(_, level)| *level));
            let mut walked = ladder.first(side);
            for (key, (leaf, level)) in map {
                prop_assert_eq!(walked, Some(*level));
                prop_assert_eq!(ladder.find(side, *key), Some(*level));
                walked = ladder.next(*leaf, *key);
            }
            prop_assert_eq!(walked, None);
            levels_max = levels_max.max(maps.iter().map(BTreeMap::len).sum());
            prop_assert!(ladder.branches.len() <= 2 * levels_max);
        }
    }
}
