//! What became of the orders, as hashes that two instances can compare.
//!
//! The canonical form, so that anybody can compute it from rows or from the log:
//!
//! - a venue: [`VENUE_FORM`], then for every remembered order, oldest first, the 16 bytes of its id,
//!   the 16 bytes of its fingerprint, and its outcome: one byte of length and the reason's code, of
//!   length 0 where it was accepted;
//! - all venues: [`VENUES_FORM`], then for every venue, by name, one byte of length, the name, and
//!   the 32 bytes of its hash.

use std::fmt;

use order_domain::VenueId;
use order_domain::event::Outcome;
use sha2::{Digest, Sha256};

use crate::Engine;
use crate::idempotency_window::Remembered;
use crate::shop::Shop;

/// Leads what is hashed of a venue; the number is the version of the form.
const VENUE_FORM: &[u8] = b"seriatim venue outcomes 1";
/// Leads what is hashed of all venues.
const VENUES_FORM: &[u8] = b"seriatim outcomes 1";

/// SHA-256 over outcomes in their canonical form. Written as 64 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutcomeHash(pub [u8; 32]);

impl OutcomeHash {
    /// One hash for `venues`, in whatever order they come: those of all partitions give the hash of
    /// a whole instance.
    pub fn of_venues<'a>(venues: impl IntoIterator<Item = &'a VenueOutcomes>) -> Self {
        let mut by_name: Vec<_> = venues.into_iter().collect();
        by_name.sort_unstable_by_key(|of| (&of.venue, of.hash));
        let mut content = Sha256::new_with_prefix(VENUES_FORM);
        for of in by_name {
            text(&mut content, of.venue.as_str());
            content.update(of.hash.0);
        }
        Self(content.finalize().into())
    }
}

impl fmt::Display for OutcomeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What became of the orders that a venue remembers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VenueOutcomes {
    /// The venue.
    pub venue: VenueId,
    /// How many orders the hash is over: the newest, at most
    /// [`idempotency_window_orders`](crate::EngineSettings::idempotency_window_orders).
    pub orders: usize,
    /// Which orders came, in which order, and what became of each.
    pub hash: OutcomeHash,
}

impl Engine {
    /// What became of the remembered orders of every venue, by name.
    ///
    /// Unlike the [`state_hash`](Self::state_hash) it is the same for every engine that took the
    /// same orders in the same order a venue: whenever they came, at whatever offsets, on whichever
    /// partition, with whatever in between, repeated commands and dead letters included. Engines
    /// that shall agree need equal settings. Costs about as much as a
    /// [`snapshot`](Self::snapshot).
    pub fn outcomes(&self) -> Vec<VenueOutcomes> {
        self.venues.iter().map(|(venue, shop)| of_venue(venue, shop)).collect()
    }
}

fn of_venue(venue: &VenueId, shop: &Shop) -> VenueOutcomes {
    let mut content = Sha256::new_with_prefix(VENUE_FORM);
    let mut orders = 0;
    for order in shop.window.iter() {
        add(&mut content, order);
        orders += 1;
    }
    VenueOutcomes { venue: venue.clone(), orders, hash: OutcomeHash(content.finalize().into()) }
}

fn add(content: &mut Sha256, order: &Remembered) {
    content.update(order.order_id.0.as_bytes());
    content.update(order.fingerprint.0);
    let rejected = match order.outcome {
        Outcome::Accepted => "",
        Outcome::Rejected { reason } => reason.code(),
    };
    text(content, rejected);
}

/// Led by its length, so that no two different sequences give the same bytes.
fn text(content: &mut Sha256, text: &str) {
    let length = u8::try_from(text.len()).expect("codes and names of venues are short");
    content.update([length]);
    content.update(text);
}
