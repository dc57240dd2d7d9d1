//! Instance against instance: did both come to the same?

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::try_join;
use serde::Serialize;
use tokio::time::{Instant, sleep};

use super::Finding;
use super::instance::{Instance, InstanceError, State, Venue};

/// How often instances are asked again while they differ.
const POLL: Duration = Duration::from_millis(250);

/// Instances that have moved no further for this long are at rest.
const AT_REST_AFTER: Duration = Duration::from_secs(2);

/// Two that go on deciding are not waited for longer than this.
const MOVING_MAX: Duration = Duration::from_mins(1);

/// What came of comparing.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StateComparison {
    equal: bool,
    /// Venues of either.
    venues: u64,
    different: u64,
    /// Orders that the hashes are over.
    orders: Orders,
    /// The first venue that differs, by name.
    first: Option<VenueDifference>,
    /// One of them was still deciding when it was asked last.
    moving: bool,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Orders {
    recorded: u64,
    now: u64,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct VenueDifference {
    venue: String,
    /// Absent where there is no such venue.
    recorded: Option<Venue>,
    now: Option<Venue>,
}

/// Compares venue by venue. While they differ, what is still on its way is waited for.
pub(super) async fn compare(
    recorded: &Instance,
    now: &Instance,
) -> Result<StateComparison, InstanceError> {
    let begun = Instant::now();
    let mut last = None;
    let mut rests_since = begun;
    loop {
        let states = try_join(recorded.state(), now.state()).await?;
        if last.as_ref() != Some(&states) {
            rests_since = Instant::now();
        }
        let moving = rests_since.elapsed() < AT_REST_AFTER;
        let comparison = StateComparison::of(&states.0, &states.1, moving);
        if comparison.equal || !moving || begun.elapsed() >= MOVING_MAX {
            return Ok(comparison);
        }
        last = Some(states);
        sleep(POLL).await;
    }
}

impl StateComparison {
    fn of(recorded: &State, now: &State, moving: bool) -> Self {
        let names: BTreeSet<&String> = recorded.venues.keys().chain(now.venues.keys()).collect();
        let pair = |name: &String| (recorded.venues.get(name), now.venues.get(name));
        let differs = |name: &&&String| {
            let (recorded, now) = pair(name);
            recorded != now
        };
        let first = names.iter().find(differs).map(|name| {
            let (recorded, now) = pair(name);
            let venue = (*name).clone();
            VenueDifference { venue, recorded: recorded.cloned(), now: now.cloned() }
        });
        let equal = first.is_none();
        Self {
            equal,
            venues: names.len() as u64,
            different: names.iter().filter(differs).count() as u64,
            orders: Orders { recorded: recorded.orders(), now: now.orders() },
            first,
            moving: moving && !equal,
        }
    }
}

impl Finding for StateComparison {
    fn is_good(&self) -> bool {
        self.equal
    }

    fn print(&self) {
        let Self { venues, different, orders, first, moving, .. } = self;
        let Some(VenueDifference { venue, recorded, now }) = first else {
            println!("equal: {} orders in {venues} venues", orders.now);
            return;
        };
        println!("{different} of {venues} venues differ");
        println!("{} orders in the first, {} in the second", orders.recorded, orders.now);
        println!(
            "first: venue {venue}: {} in the first, {} in the second",
            told(recorded.as_ref()),
            told(now.as_ref())
        );
        if orders_of(recorded.as_ref()) == orders_of(now.as_ref()) {
            println!("as many orders: they came in another order, or to something else");
        }
        if *moving {
            println!("one of them is still deciding: ask again when no order is on its way");
        }
    }
}

fn orders_of(venue: Option<&Venue>) -> u64 {
    venue.map_or(0, |venue| venue.orders)
}

fn told(venue: Option<&Venue>) -> String {
    match venue {
        Some(Venue { orders, hash }) => format!("{orders} orders with hash {hash}"),
        None => "nothing".to_owned(),
    }
}
