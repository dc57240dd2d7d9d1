//! Two instances that took the same orders in the same order a venue came to the same, whatever
//! else differs; any other difference shows.

use std::collections::{BTreeMap, VecDeque};

use crate::given_when_then::purchase;
use order_domain::{Command, Money, NewOrder, Partition, Timestamp, VenueId};
use order_engine::{Engine, EngineSettings, OutcomeHash, VenueOutcomes};
use proptest::prelude::*;
use proptest::sample::Index;

/// Orders of this many venues.
const VENUES: u8 = 3;

/// Order `number` of venue `shop/<shard>`; every other one breaks a rule.
fn order(number: usize, shard: u8) -> NewOrder {
    let mut order = purchase(u32::try_from(number).unwrap());
    order.venue = VenueId::new(format!("shop/{shard}")).unwrap();
    if number.is_multiple_of(2) {
        add_cent(&mut order);
    }
    order
}

fn add_cent(order: &mut NewOrder) {
    order.total = Money::from_minor(order.total.minor() + 1, order.total.currency());
}

/// Orders of distinct ids, dealt to the venues.
fn orders(at_least: usize) -> impl Strategy<Value = Vec<NewOrder>> {
    prop::collection::vec(0..VENUES, at_least..60)
        .prop_map(|shards| shards.into_iter().enumerate().map(|(n, s)| order(n, s)).collect())
}

/// The engines of all partitions of one instance.
struct Instance(Vec<Engine>);

impl Instance {
    fn new(partitions: u32) -> Self {
        let engine = |partition| Engine::new(Partition(partition), EngineSettings::default());
        Self((0..partitions).map(engine).collect())
    }

    /// One that took `orders` one after another, on one partition.
    fn of(orders: &[NewOrder]) -> Self {
        let mut instance = Self::new(1);
        for order in orders {
            instance.take(order, 0);
        }
        instance
    }

    fn take(&mut self, order: &NewOrder, at: i64) {
        let venue: usize = order.venue.as_str().strip_prefix("shop/").unwrap().parse().unwrap();
        let partition = venue % self.0.len();
        let engine = &mut self.0[partition];
        let command = Command::NewOrder(order.clone());
        let decision = engine.decide(engine.next_source(), Timestamp(at), command);
        engine.evolve(&decision);
    }

    fn take_garbage(&mut self) {
        for engine in &mut self.0 {
            let cause = "no command".to_owned();
            let decision = engine.dead_letter(engine.next_source(), Timestamp(0), cause);
            engine.evolve(&decision);
        }
    }

    fn venues(&self) -> Vec<VenueOutcomes> {
        self.0.iter().flat_map(Engine::outcomes).collect()
    }

    fn hash(&self) -> OutcomeHash {
        OutcomeHash::of_venues(&self.venues())
    }
}

/// `orders` with the turns of their venues dealt anew as `turns` has it; each venue's own order
/// stays.
fn interleaved(orders: &[NewOrder], turns: &[Index]) -> Vec<NewOrder> {
    let mut waiting: BTreeMap<&VenueId, VecDeque<&NewOrder>> = BTreeMap::new();
    for order in orders {
        waiting.entry(&order.venue).or_default().push_back(order);
    }
    let mut turns = turns.iter().cycle();
    let mut dealt = Vec::new();
    while !waiting.is_empty() {
        let venue = *turns.next().unwrap().get(&waiting.keys().copied().collect::<Vec<_>>());
        dealt.extend(waiting.get_mut(venue).unwrap().pop_front().cloned());
        waiting.retain(|_, orders| !orders.is_empty());
    }
    dealt
}

proptest! {
    #[test]
    fn time_offsets_partitions_and_turns_of_venues_do_not_matter(
        orders in orders(0),
        turns in prop::collection::vec(any::<Index>(), 1..60),
        times in prop::collection::vec(0_i64..1_000_000, 1..60),
        partitions in 1_u32..5,
        repeated in any::<Index>(),
    ) {
        let mut other = Instance::new(partitions);
        other.take_garbage();
        let times = times.iter().cycle();
        for (order, at) in interleaved(&orders, &turns).iter().zip(times) {
            other.take(order, *at);
        }
        if !orders.is_empty() {
            other.take(repeated.get(&orders), 0);
        }
        prop_assert_eq!(other.hash(), Instance::of(&orders).hash());
    }

    #[test]
    fn a_restored_engine_has_the_same_outcomes(orders in orders(0)) {
        let [engine] = &Instance::of(&orders).0[..] else { unreachable!() };
        let settings = EngineSettings::default();
        let restored = Engine::restore(Partition(0), settings, &engine.snapshot()).unwrap();
        prop_assert_eq!(restored.outcomes(), engine.outcomes());
    }

    #[test]
    fn one_changed_amount_shows_and_names_its_venue(orders in orders(1), which in any::<Index>()) {
        let mut changed = orders.clone();
        let which = which.index(orders.len());
        add_cent(&mut changed[which]);
        let (before, after) = (Instance::of(&orders), Instance::of(&changed));
        prop_assert_ne!(before.hash(), after.hash());
        for (before, after) in before.venues().iter().zip(after.venues()) {
            let is_changed = before.venue == orders[which].venue;
            prop_assert_eq!(before.hash != after.hash, is_changed, "{}", before.venue);
        }
    }

    #[test]
    fn one_dropped_order_shows(orders in orders(1), which in any::<Index>()) {
        let mut fewer = orders.clone();
        fewer.remove(which.index(orders.len()));
        prop_assert_ne!(Instance::of(&orders).hash(), Instance::of(&fewer).hash());
    }

    /// With more orders than venues, some venue has two.
    #[test]
    fn two_swapped_orders_of_a_venue_show(
        orders in orders(usize::from(VENUES) + 1),
        which in any::<Index>(),
    ) {
        let pairs: Vec<(usize, usize)> = (0..orders.len())
            .flat_map(|left| (left + 1..orders.len()).map(move |right| (left, right)))
            .filter(|(left, right)| orders[*left].venue == orders[*right].venue)
            .collect();
        let (left, right) = *which.get(&pairs);
        let mut swapped = orders.clone();
        swapped.swap(left, right);
        prop_assert_ne!(Instance::of(&orders).hash(), Instance::of(&swapped).hash());
    }
}

#[test]
fn an_order_that_moved_to_another_venue_shows() {
    let here = Instance::of(&[order(1, 0)]);
    let there = Instance::of(&[order(1, 1)]);
    assert_eq!(here.venues()[0].hash, there.venues()[0].hash);
    assert_ne!(here.hash(), there.hash());
}

/// Computed by another program, after the canonical form as it is described.
#[test]
fn the_hash_of_known_outcomes_is_pinned() {
    let orders: Vec<_> = (0..10).map(|number| order(number, u8::from(number > 6))).collect();
    let instance = Instance::of(&orders);
    let venues: Vec<_> = instance
        .venues()
        .iter()
        .map(|of| format!("{} {} {}", of.venue, of.orders, of.hash))
        .collect();
    assert_eq!(
        venues,
        [
            "shop/0 7 8c64add91ae167b5f4d93efd5f5b5758a97abaf535baeb4036a6840732ce0669",
            "shop/1 3 34bbb7cedee9c95cf69fc8e1d6d8ecf396ecc35e908cf4d523d4369f1ebcbd23",
        ]
    );
    assert_eq!(
        instance.hash().to_string(),
        "8b9e2c5feb9b4f1d9f3ae93c81c60c12a13bf04076fa193853bb66908948096d"
    );
    assert_eq!(
        Instance::new(4).hash().to_string(),
        "d89d7c65a35378bf0208053b04fe3592af799c5efeae8a6b0439bb7ec517f96b"
    );
}
