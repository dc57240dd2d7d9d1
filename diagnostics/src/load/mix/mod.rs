//! Made-up requests: what kinds there are, how often each comes, and the next one.
//!
//! The request of a number depends on the seed and the number alone, whoever sends it and when; only
//! what it names of earlier answers (an order's id) depends on those.
//!
//! Carts belong here as well: once the API speaks the checkout dialect, they become [`Task`]s with a
//! maker beside `purchase` and `order`. Until then asking for one is refused in words.

mod order;
mod placed;
mod purchase;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fastrand::Rng;
use http1_client::Keep;

pub(super) use order::{ACCOUNTS, SYMBOLS, account, symbol_of};
pub(super) use placed::Placed;

use super::source::{Follow, Outfit, Request};
use super::tally::TaskId;

/// A weight is at most this.
const WEIGHT_MAX: u32 = 1_000_000;
/// Spreads numbers that follow one another over all seeds (2^64 through the golden ratio).
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// A kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    Purchase,
    Read,
    Search,
    Order,
    Amend,
    Cancel,
    Book,
}

const TASKS: [(Task, &str); 7] = [
    (Task::Purchase, "purchase"),
    (Task::Read, "read"),
    (Task::Search, "search"),
    (Task::Order, "order"),
    (Task::Amend, "amend"),
    (Task::Cancel, "cancel"),
    (Task::Book, "book"),
];
/// What is to come, and is refused until then.
const CARTS: [&str; 3] = ["cart", "stock", "payment"];

/// Which tasks come how often. As text: `purchase=8,read=2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mix {
    tasks: Vec<(Task, u32)>,
}

/// Text that is no mix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}`: {problem}")]
pub struct MixError {
    text: String,
    problem: String,
}

impl Default for Mix {
    /// Purchases alone.
    fn default() -> Self {
        Self { tasks: vec![(Task::Purchase, 1)] }
    }
}

impl FromStr for Mix {
    type Err = MixError;

    fn from_str(text: &str) -> Result<Self, MixError> {
        let mut tasks: Vec<(Task, u32)> = Vec::new();
        for part in text.split(',').map(str::trim) {
            let wrong = |problem: String| MixError { text: part.to_owned(), problem };
            let (name, weight) = part.split_once('=').unwrap_or((part, "1"));
            let task = task(name.trim()).map_err(wrong)?;
            let weight =
                weight.trim().parse().ok().filter(|weight| (1..=WEIGHT_MAX).contains(weight));
            let weight = weight
                .ok_or_else(|| wrong(format!("a weight is a number from 1 to {WEIGHT_MAX}")))?;
            if tasks.iter().any(|(other, _)| *other == task) {
                return Err(wrong("it is there twice".to_owned()));
            }
            tasks.push((task, weight));
        }
        Ok(Self { tasks })
    }
}

fn task(name: &str) -> Result<Task, String> {
    if CARTS.contains(&name) {
        return Err("the API does not speak the checkout dialect yet: there are no carts to load"
            .to_owned());
    }
    let found = TASKS.iter().find(|(_, other)| *other == name);
    found.map(|(task, _)| *task).ok_or_else(|| {
        let names = TASKS.map(|(_, name)| name).join(", ");
        format!("there is no such task; there are {names}")
    })
}

impl fmt::Display for Mix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tasks = self.tasks.iter().map(|(task, weight)| format!("{}={weight}", task.name()));
        f.write_str(&tasks.collect::<Vec<_>>().join(","))
    }
}

impl Mix {
    /// The names of its tasks, in order.
    pub(super) fn names(&self) -> Vec<String> {
        self.tasks.iter().map(|(task, _)| task.name().to_owned()).collect()
    }

    /// Whether a market must be there.
    pub(super) fn trades(&self) -> bool {
        let trades = |task| matches!(task, Task::Order | Task::Amend | Task::Cancel | Task::Book);
        self.tasks.iter().any(|(task, _)| trades(*task))
    }

    fn pick(&self, chance: &mut Rng) -> (TaskId, Task) {
        let all = self.tasks.iter().map(|(_, weight)| u64::from(*weight)).sum();
        let mut left = chance.u64(0..all);
        for (index, (task, weight)) in self.tasks.iter().enumerate() {
            let weight = u64::from(*weight);
            if left < weight {
                return (TaskId(index), *task);
            }
            left -= weight;
        }
        unreachable!("what is left is below the sum of all weights")
    }
}

impl Task {
    fn name(self) -> &'static str {
        let named = TASKS.iter().find(|(task, _)| *task == self);
        named.map_or("", |(_, name)| name)
    }
}

/// Makes one request after the other.
pub(super) struct Making {
    mix: Mix,
    outfit: Outfit,
    seed: u64,
    next: AtomicU64,
    purchases: Arc<Placed>,
    orders: Arc<Placed>,
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
    pub(super) fn new(mix: Mix, outfit: Outfit, seed: u64) -> Self {
        let (purchases, orders) = (Arc::default(), Arc::default());
        Self { mix, outfit, seed, next: AtomicU64::new(0), purchases, orders }
    }

    pub(super) fn mix(&self) -> &Mix {
        &self.mix
    }

    pub(super) fn next(&self) -> Request {
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

    fn error(text: &str) -> String {
        text.parse::<Mix>().unwrap_err().to_string()
    }

    fn making(mix: &str, seed: u64) -> Making {
        Making::new(mix.parse().unwrap(), Outfit::bare("http://127.0.0.1:9".parse().unwrap()), seed)
    }

    fn wire(request: &Request) -> String {
        String::from_utf8(request.prepared.wire.to_vec()).unwrap()
    }

    #[test]
    fn a_mix_is_read_as_it_is_shown() {
        let mix: Mix = "purchase=8, read , book=3".parse().unwrap();
        assert_eq!(mix.to_string(), "purchase=8,read=1,book=3");
        assert_eq!(mix.names(), ["purchase", "read", "book"]);
        assert!(mix.trades() && !Mix::default().trades());
    }

    #[test]
    fn what_is_no_mix_is_told() {
        assert!(
            error("purchases")
                .starts_with("`purchases`: there is no such task; there are purchase, ")
        );
        assert!(error("purchase=0").ends_with("a weight is a number from 1 to 1000000"));
        assert!(error("read=x").contains("a weight is a number"));
        assert_eq!(error("read,read=2"), "`read=2`: it is there twice");
        assert!(error("purchase=8,cart=2").contains("does not speak the checkout dialect yet"));
        assert!(error("").contains("there is no such task"));
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
