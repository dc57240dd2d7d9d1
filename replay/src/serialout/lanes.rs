//! What may be sent now, so that order is kept. Knows no network and no clock.

use std::collections::{HashMap, VecDeque};

/// Which order requests are sent in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Order {
    /// One request at a time: each is sent when the one before it has ended.
    Global,
    /// The requests of a key one at a time; different keys at once.
    #[default]
    Key,
    /// Begun in order, but nothing waits for anything.
    None,
}

/// What has an ordering key.
pub(super) trait Keyed {
    fn key(&self) -> &str;
}

/// Requests that are due. Those of a lane (a key) go one at a time: the next is ready when the one
/// before it has [ended](Lanes::ended).
#[derive(Debug)]
pub(super) struct Lanes<T> {
    order: Order,
    /// Those of a lane that wait for the one that was taken; a lane is here while it has one.
    waiting: HashMap<Box<str>, VecDeque<T>>,
    ready: VecDeque<T>,
}

impl<T: Keyed> Lanes<T> {
    pub(super) fn new(order: Order) -> Self {
        Self { order, waiting: HashMap::new(), ready: VecDeque::new() }
    }

    /// A request is due.
    pub(super) fn admit(&mut self, item: T) {
        let Some(lane) = self.lane(item.key()) else {
            self.ready.push_back(item);
            return;
        };
        if let Some(waiting) = self.waiting.get_mut(lane) {
            waiting.push_back(item);
        } else {
            self.waiting.insert(lane.into(), VecDeque::new());
            self.ready.push_back(item);
        }
    }

    /// Whether there is none that may be sent.
    pub(super) fn is_idle(&self) -> bool {
        self.ready.is_empty()
    }

    /// The next that may be sent. It holds its lane until it has ended.
    pub(super) fn take(&mut self) -> Option<T> {
        self.ready.pop_front()
    }

    /// One that was taken is to be sent again, before all others.
    pub(super) fn again(&mut self, item: T) {
        self.ready.push_front(item);
    }

    /// The one of this key that was taken will not be sent any more.
    pub(super) fn ended(&mut self, key: &str) {
        let Some(lane) = self.lane(key) else { return };
        let next = self.waiting.get_mut(lane).and_then(VecDeque::pop_front);
        match next {
            Some(next) => self.ready.push_back(next),
            None => drop(self.waiting.remove(lane)),
        }
    }

    fn lane<'a>(&self, key: &'a str) -> Option<&'a str> {
        match self.order {
            Order::Global => Some(""),
            Order::Key => Some(key),
            Order::None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Keyed for (u32, &'static str) {
        fn key(&self) -> &str {
            self.1
        }
    }

    fn lanes(order: Order) -> Lanes<(u32, &'static str)> {
        let mut lanes = Lanes::new(order);
        for (number, key) in [(1, "a"), (2, "a"), (3, "b"), (4, "a")] {
            lanes.admit((number, key));
        }
        lanes
    }

    fn take_all(lanes: &mut Lanes<(u32, &'static str)>) -> Vec<u32> {
        std::iter::from_fn(|| lanes.take()).map(|(number, _)| number).collect()
    }

    #[test]
    fn a_key_goes_one_at_a_time() {
        let mut lanes = lanes(Order::Key);
        assert_eq!(take_all(&mut lanes), [1, 3]);
        lanes.ended("b");
        assert!(take_all(&mut lanes).is_empty());
        lanes.ended("a");
        assert_eq!(take_all(&mut lanes), [2]);
        lanes.ended("a");
        assert_eq!(take_all(&mut lanes), [4]);
        lanes.ended("a");
        assert!(lanes.waiting.is_empty());
    }

    #[test]
    fn what_is_sent_again_is_not_overtaken() {
        let mut lanes = lanes(Order::Key);
        let first = lanes.take().unwrap();
        lanes.again(first);
        assert_eq!(take_all(&mut lanes), [1, 3]);
    }

    #[test]
    fn globally_all_share_a_lane() {
        let mut lanes = lanes(Order::Global);
        for number in 1..=4 {
            assert_eq!(take_all(&mut lanes), [number]);
            lanes.ended("whatever");
        }
    }

    #[test]
    fn without_order_all_may_go() {
        assert_eq!(take_all(&mut lanes(Order::None)), [1, 2, 3, 4]);
    }
}
