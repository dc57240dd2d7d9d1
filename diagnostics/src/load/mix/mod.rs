//! Made-up requests: what kinds there are, how often each comes, and (`making`) the next one.
//!
//! There are no carts: the API does not speak the checkout dialect. Asking for one is refused in words.

mod making;
mod order;
mod placed;
mod purchase;
mod throughput;

use std::fmt;
use std::str::FromStr;

use fastrand::Rng;

pub(super) use making::Making;
pub(super) use order::{ACCOUNTS, SYMBOLS, account, symbol_of};
pub(super) use placed::Placed;
pub(crate) use throughput::made_per_second;

use super::tally::TaskId;

/// A weight is at most this.
const WEIGHT_MAX: u32 = 1_000_000;

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
/// What the checkout dialect would bring.
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
        return Err(
            "there are no carts: the API does not speak the checkout dialect yet; a purchase of \
                    several items (purchase) is the nearest to one"
                .to_owned(),
        );
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

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        text.parse::<Mix>().unwrap_err().to_string()
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
}
