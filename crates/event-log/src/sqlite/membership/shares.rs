//! Who should own what.

use std::collections::BTreeMap;

/// The owner that each of `partitions` partitions should have.
///
/// Every member that asks with the same arguments gets the same answer: shares differ by one at
/// most, and a member keeps of what it has (`owned`) as much as fits its share. `members` are
/// sorted and at least one; owners that are no member don't count.
pub fn shares<'a>(
    members: &'a [String],
    owned: &BTreeMap<u32, String>,
    partitions: u32,
) -> BTreeMap<u32, &'a str> {
    let mut kept: Vec<(&str, Vec<u32>)> = members
        .iter()
        .map(|member| {
            let own = owned.iter().filter(|(_, owner)| *owner == member);
            (member.as_str(), own.map(|(partition, _)| *partition).collect())
        })
        .collect();
    // The larger shares go to those who have most already; equals stay in the order of names.
    kept.sort_by_key(|(_, own)| std::cmp::Reverse(own.len()));

    let (least, larger) =
        (partitions as usize / members.len(), partitions as usize % members.len());
    for (index, (_, own)) in kept.iter_mut().enumerate() {
        own.truncate(least + usize::from(index < larger));
    }
    let mut shares: BTreeMap<u32, &str> = kept
        .iter()
        .flat_map(|(member, own)| own.iter().map(|partition| (*partition, *member)))
        .collect();
    let mut free = (0..partitions)
        .filter(|partition| !shares.contains_key(partition))
        .collect::<Vec<_>>()
        .into_iter();
    for (index, (member, own)) in kept.iter().enumerate() {
        let missing = least + usize::from(index < larger) - own.len();
        shares.extend(free.by_ref().take(missing).map(|partition| (partition, *member)));
    }
    shares
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn shares_are_whole_balanced_and_move_as_little_as_they_can(
            partitions in 1_u32..40,
            count in 1_usize..10,
            owners in proptest::collection::vec(proptest::option::of(0_usize..12), 40),
        ) {
            let members: Vec<String> = (0..count).map(|n| format!("m{n}")).collect();
            let owned: BTreeMap<u32, String> = (0..partitions)
                .filter_map(|p| owners[p as usize].map(|owner| (p, format!("m{owner}"))))
                .collect();
            let shares = shares(&members, &owned, partitions);
            prop_assert_eq!(shares.len(), partitions as usize);
            prop_assert!(shares.keys().copied().eq(0..partitions));

            let size = |member: &str| shares.values().filter(|owner| **owner == member).count();
            let (least, rest) = (partitions as usize / count, partitions as usize % count);
            let sizes: Vec<usize> = members.iter().map(|member| size(member)).collect();
            prop_assert!(sizes.iter().all(|s| (least..=least + 1).contains(s)), "{sizes:?}");

            // No balanced answer keeps more: each keeps up to `least`, and `rest` of them one more.
            let kept = owned.iter().filter(|(p, owner)| shares[p] == owner.as_str()).count();
            let had: Vec<usize> =
                members.iter().map(|m| owned.values().filter(|o| *o == m).count()).collect();
            let base: usize = had.iter().map(|had| (*had).min(least)).sum();
            let more = had.iter().filter(|had| **had > least).count().min(rest);
            prop_assert_eq!(kept, base + more);
        }
    }
}
