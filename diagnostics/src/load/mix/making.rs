//! Making one request after the other.
//!
//! The request of a number depends on the seed and the number alone, whoever sends it and when; only
//! what it names of earlier answers (an order's id) depends on those.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fastrand::Rng;
use http1_client::Keep;

use super::order::{self, ACCOUNTS, account};
use super::purchase;
use super::{Mix, Placed, Task};
use crate::load::source::{Follow, Outfit, Request};

/// Spreads numbers that follow one another over all seeds (2^64 through the golden ratio).
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// Makes one request after the other.
pub(in crate::load) struct Making {
    mix: Mix,
    outfit: Outfit,
    seed: u64,
    next: AtomicU64,
    /// Purchases that were placed.
    pub(super) purchases: Arc<Placed>,
    /// Orders that were.
    pub(super) orders: Arc<Placed>,
}

/// A request before it is bytes.
struct Made {
    method: &'static str,
    path: String,
    body: String,
    follow: Option<Follow>,
}

impl Made {
    fn get(path: impl Into<String>) -> Self {
        Self { method: "GET", path: path.into(), body: String::new(), follow: None }
    }
}

impl Making {
    pub(in crate::load) fn new(mix: Mix, outfit: Outfit, seed: u64) -> Self {
        let (purchases, orders) = (Arc::default(), Arc::default());
        Self { mix, outfit, seed, next: AtomicU64::new(0), purchases, orders }
    }

    pub(in crate::load) fn mix(&self) -> &Mix {
        &self.mix
    }

    pub(in crate::load) fn next(&self) -> Request {
        self.numbered(self.next.fetch_add(1, Ordering::Relaxed))
    }

    fn numbered(&self, number: u64) -> Request {
        let mut chance = Rng::with_seed(self.seed ^ number.wrapping_mul(SPREAD));
        let (id, task) = self.mix.pick(&mut chance);
        let made = self.make(task, &mut chance);
        let keep = if made.follow.is_some() { Keep::All } else { Keep::Refusals };
        let prepared = self.outfit.prepare(made.method, &made.path, &made.body);
        let prepared = prepared.expect("what is made here can be sent, and the headers were tried");
        Request { task: id, prepared, keep, follow: made.follow }
    }

    fn make(&self, task: Task, chance: &mut Rng) -> Made {
        match task {
            Task::Purchase => {
                let follow = Follow { placed: Arc::clone(&self.purchases), owner: 0 };
                let (path, body) = ("/api/Order".to_owned(), purchase::body(chance));
                Made { method: "POST", path, body, follow: Some(follow) }
            }
            Task::Read => {
                let known = self.purchases.any(chance);
                Made::get(known.map_or_else(|| "/api/Orders?limit=10".to_owned(), |it| it.path))
            }
            Task::Search => {
                Made::get(format!("/api/Orders/customerSearch/{}", purchase::name(chance)))
            }
            Task::Order => self.order(chance),
            Task::Amend => match self.orders.any(chance) {
                None => self.order(chance),
                Some(known) => Made {
                    method: "PATCH",
                    body: order::amendment(known.owner, chance),
                    path: known.path,
                    follow: None,
                },
            },
            Task::Cancel => match self.orders.take(chance) {
                None => self.order(chance),
                Some(known) => Made {
                    method: "DELETE",
                    path: format!("{}?account={}", known.path, account(known.owner)),
                    body: String::new(),
                    follow: None,
                },
            },
            Task::Book => Made::get(format!("/api/v3/orderbook/{}", order::symbol(chance))),
        }
    }

    /// A new order; also where one should be amended or cancelled and none is known yet.
    fn order(&self, chance: &mut Rng) -> Made {
        let owner = chance.usize(0..ACCOUNTS);
        let follow = Follow { placed: Arc::clone(&self.orders), owner };
        let (path, body) = ("/api/v3/order".to_owned(), order::body(owner, chance));
        Made { method: "POST", path, body, follow: Some(follow) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn making(mix: &str, seed: u64) -> Making {
        Making::new(mix.parse().unwrap(), Outfit::bare("http://127.0.0.1:9".parse().unwrap()), seed)
    }

    fn wire(request: &Request) -> String {
        String::from_utf8(request.prepared.wire.to_vec()).unwrap()
    }

    #[test]
    fn tasks_come_as_often_as_their_weights_say() {
        let making = making("purchase=7,search=2,book=1", 3);
        let mut counts = [0_u32; 3];
        for _ in 0..10_000 {
            counts[making.next().task.0] += 1;
        }
        for (count, expected) in counts.into_iter().zip([7_000, 2_000, 1_000]) {
            assert!(count.abs_diff(expected) < 200, "{counts:?}");
        }
    }

    #[test]
    fn the_same_seed_makes_the_same_requests_whoever_asks_for_them() {
        let texts = |seed, numbers: &[u64]| -> Vec<String> {
            let making = making("purchase=3,search=2,order=3,book=1", seed);
            numbers.iter().map(|number| wire(&making.numbered(*number))).collect()
        };
        let first = texts(1, &[0, 1, 2, 3]);
        let mut backwards = texts(1, &[3, 2, 1, 0]);
        backwards.reverse();
        assert_eq!(first, backwards);
        assert_ne!(first, texts(2, &[0, 1, 2, 3]));
    }

    #[test]
    fn what_was_placed_is_read_amended_and_cancelled() {
        let making = making("amend", 1);
        let first = making.next();
        assert!(wire(&first).starts_with("POST /api/v3/order "), "there is nothing to amend yet");
        first.follow.unwrap().remember("/api/v3/order/one");
        assert!(wire(&making.next()).starts_with("PATCH /api/v3/order/one "));

        let chance = &mut Rng::with_seed(1);
        let cancel = making.make(Task::Cancel, chance);
        assert_eq!(cancel.method, "DELETE");
        assert!(cancel.path.starts_with("/api/v3/order/one?account=load-"), "{}", cancel.path);
        assert_eq!(making.make(Task::Cancel, chance).method, "POST", "it is cancelled once");

        assert_eq!(making.make(Task::Read, chance).path, "/api/Orders?limit=10");
        making.purchases.add("/api/Orders/two", 0);
        assert_eq!(making.make(Task::Read, chance).path, "/api/Orders/two");
    }
}
