//! What a market came to, for a hash that two instances can compare.

use order_domain::VenueId;
use sha2::{Digest, Sha256};

use super::Market;
use super::orders::OrderKey;
use crate::outcomes::{OutcomeHash, VenueOutcomes, add_commands, text};

/// Leads what is hashed of a market; the number is the version of the form.
const MARKET_FORM: &[u8] = b"seriatim market outcomes 1";

/// What became of a market's commands, and what it is now.
pub(crate) fn of_market(venue: &VenueId, market: &Market) -> VenueOutcomes {
    let mut content = Sha256::new_with_prefix(MARKET_FORM);
    let orders = add_commands(&mut content, &market.commands);
    add_balances(&mut content, market);
    add_books(&mut content, market);
    VenueOutcomes { venue: venue.clone(), orders, hash: OutcomeHash(content.finalize().into()) }
}

fn add_balances(content: &mut Sha256, market: &Market) {
    count(content, market.assets.len());
    for (_, asset) in market.assets.iter() {
        text(content, asset.asset.code.as_str());
        content.update(asset.fees.to_le_bytes());
    }
    count(content, market.accounts.len());
    for (_, account) in market.accounts.iter() {
        text(content, account.id.as_str());
        count(content, account.balances.len());
        for (asset, balance) in &account.balances {
            text(content, market.assets[*asset].asset.code.as_str());
            content.update(balance.available.to_le_bytes());
            content.update(balance.held.to_le_bytes());
        }
    }
}

fn add_books(content: &mut Sha256, market: &Market) {
    count(content, market.instruments.len());
    for (_, listed) in market.instruments.iter() {
        text(content, listed.terms.symbol.as_str());
        content.update([u8::from(listed.halted)]);
        content.update(listed.trades.to_le_bytes());
        content.update(listed.last_price.unwrap_or(0).to_le_bytes());
        count(content, listed.book.len());
        for resting in listed.book.orders() {
            let order = &market.orders[OrderKey::of_book(resting.id)];
            content.update(order.id.0.as_bytes());
            content.update(resting.price.0.to_le_bytes());
            content.update(resting.quantity.0.to_le_bytes());
        }
    }
}

/// Leads a list, so that no two different ones give the same bytes.
fn count(content: &mut Sha256, number: usize) {
    content.update((number as u64).to_le_bytes());
}
