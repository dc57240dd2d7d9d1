//! What became of the orders, as hashes that two instances can compare.
//!
//! The canonical form, so that anybody can compute it from rows or from the log:
//!
//! - a venue: [`VENUE_FORM`], then for every remembered order, oldest first, the 16 bytes of its id,
//!   the 16 bytes of its fingerprint, and its outcome: one byte of length and the reason's code, of
//!   length 0 where it was accepted;
//! - a market: its form, then its remembered commands in the same way; then what it is now. Every
//!   asset in order of listing: its code, and the fees. Every account in order of opening: its name,
//!   and of each asset that it ever had the code, what is available, what is held. Every instrument
//!   in order of listing: its symbol, a byte that is 1 where it is halted, the number of trades, the
//!   last price or 0, and of each order of its book (buys, then sells, the best price first, first in
//!   first out) the 16 bytes of its id, price, and open quantity. These lists are led by their length,
//!   names by a byte of it; numbers are 8 bytes, little-endian, in units, ticks and lots;
//! - all venues: [`VENUES_FORM`], then for every venue, by name, one byte of length, the name, and
//!   the 32 bytes of its hash.

use std::fmt;

use order_domain::VenueId;
use sha2::{Digest, Sha256};

use crate::Engine;
use crate::decided::{Decided, OutcomeCode};
use crate::market::outcomes::of_market;
use crate::recent_window::RecentWindow;
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

/// What became of the orders that a shop remembers, or of the commands that a market remembers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VenueOutcomes {
    /// The venue.
    pub venue: VenueId,
    /// How many orders or commands the hash is over: the newest, at most
    /// [`idempotency_window_orders`](crate::EngineSettings::idempotency_window_orders) or
    /// [`commands_remembered`](crate::MarketBounds::commands_remembered).
    pub orders: usize,
    /// Which came, in which order, and what became of each; of a market also what it is now.
    pub hash: OutcomeHash,
}

impl Engine {
    /// What became of the remembered orders of every shop and the remembered commands of every
    /// market, by name.
    ///
    /// Unlike the [`state_hash`](Self::state_hash) it is the same for every engine that took the
    /// same commands in the same order a venue: whenever they came, at whatever offsets, on whichever
    /// partition, with whatever in between, repeated commands and dead letters included. Engines
    /// that shall agree need equal settings. Costs about as much as a
    /// [`snapshot`](Self::snapshot).
    pub fn outcomes(&self) -> Vec<VenueOutcomes> {
        let shops = self.shops.iter().map(|(venue, shop)| of_shop(venue, shop));
        let markets = self.markets.iter().map(|(venue, market)| of_market(venue, market));
        let mut outcomes: Vec<_> = shops.chain(markets).collect();
        outcomes.sort_by(|a, b| a.venue.cmp(&b.venue));
        outcomes
    }
}

fn of_shop(venue: &VenueId, shop: &Shop) -> VenueOutcomes {
    let mut content = Sha256::new_with_prefix(VENUE_FORM);
    let orders = add_commands(&mut content, &shop.window);
    VenueOutcomes { venue: venue.clone(), orders, hash: OutcomeHash(content.finalize().into()) }
}

/// Adds what became of remembered commands, and tells how many there are.
pub(crate) fn add_commands<O: OutcomeCode>(
    content: &mut Sha256,
    commands: &RecentWindow<Decided<O>>,
) -> usize {
    let mut number = 0;
    for (id, decided) in commands.iter() {
        content.update(id.as_bytes());
        content.update(decided.fingerprint.0);
        text(content, decided.outcome.code().unwrap_or_default());
        number += 1;
    }
    number
}

/// Led by its length, so that no two different sequences give the same bytes.
pub(crate) fn text(content: &mut Sha256, text: &str) {
    let length = u8::try_from(text.len()).expect("codes and names are short");
    content.update([length]);
    content.update(text);
}
