//! A market as it is written and read back.
//!
//! Open orders are written where they stand: of each instrument, in the order of its book. Their age
//! follows from the offsets of their commands. So the form is the same for equal markets, wherever in
//! memory their orders are.

mod records;

use order_book::{OrderBook, RestingOrder};
use serde::{Deserialize, Serialize};

use self::records::{AccountRecord, AssetRecord, ClosedRecord, InstrumentRecord, OrderRecord};
use super::Market;
use super::account::Account;
use super::bounds::MarketBounds;
use super::orders::OrderKey;
use super::registry::InstrumentKey;
use crate::snapshot::{Each, SnapshotError, WindowEntry};

/// A market that was read.
#[derive(Deserialize)]
pub(crate) struct MarketRecord<'a> {
    assets: Vec<AssetRecord>,
    #[serde(borrow)]
    instruments: Vec<(InstrumentRecord, Vec<OrderRecord<'a>>)>,
    accounts: Vec<AccountRecord<'a>>,
    closed: Vec<ClosedRecord>,
    commands: Vec<WindowEntry<'a>>,
}

/// A market to be written.
pub(crate) fn written(market: &Market) -> impl Serialize {
    let assets = move || market.assets.iter().map(|(_, listed)| AssetRecord::new(listed));
    let instruments = move || {
        market.instruments.iter().map(move |(_, listed)| {
            let orders =
                move || listed.book.orders().map(move |resting| OrderRecord::new(market, &resting));
            (InstrumentRecord::new(listed), Each(listed.book.len(), orders))
        })
    };
    let accounts = move || market.accounts.iter().map(|(_, account)| AccountRecord::new(account));
    let closed = move || market.closed.iter().map(ClosedRecord::new);
    let commands = move || market.commands.iter().map(WindowEntry::new);
    (
        Each(market.assets.len(), assets),
        Each(market.instruments.len(), instruments),
        Each(market.accounts.len(), accounts),
        Each(market.closed.len(), closed),
        Each(market.commands.len(), commands),
    )
}

impl MarketRecord<'_> {
    /// The market that was written.
    pub(crate) fn restore(self, bounds: MarketBounds) -> Result<Market, SnapshotError> {
        let mut market = Market::new(bounds);
        for asset in self.assets {
            market.assets.add(asset.restore());
        }
        for account in self.accounts {
            let AccountRecord { id, balances } = account;
            let balances = balances.into_owned();
            market.accounts.add(Account { id: id.into_owned(), balances });
        }
        let mut orders = Vec::with_capacity(self.instruments.len());
        for (record, of_book) in self.instruments {
            let open_orders_max = bounds.open_orders_max.get().max(length(of_book.len()));
            let key = market.instruments.add(record.restore(&market, open_orders_max)?);
            orders.push((key, of_book));
        }
        restore_orders(&mut market, orders)?;
        for closed in self.closed {
            market.closed.remember(closed.id, closed.restore()?);
        }
        for command in self.commands {
            command.remember(&mut market.commands)?;
        }
        Ok(market)
    }
}

/// Opens the orders again, the oldest first, and lays them into their books in the order of their
/// queues.
fn restore_orders(
    market: &mut Market,
    of_books: Vec<(InstrumentKey, Vec<OrderRecord<'_>>)>,
) -> Result<(), SnapshotError> {
    let mut by_age = Vec::new();
    let mut keys: Vec<Vec<Option<OrderKey>>> = Vec::with_capacity(of_books.len());
    for (book, (instrument, records)) in of_books.into_iter().enumerate() {
        keys.push(vec![None; records.len()]);
        for (place, record) in records.into_iter().enumerate() {
            by_age.push((book, place, record.restore(instrument)?));
        }
    }
    by_age.sort_by_key(|(_, _, order)| order.origin.source);
    for (book, place, order) in by_age {
        keys[book][place] = Some(market.orders.add(order));
    }
    for keys in keys {
        let resting: Vec<RestingOrder> =
            keys.into_iter().flatten().map(|key| market.orders[key].resting(key)).collect();
        let Some(first) = resting.first() else { continue };
        let instrument = market.orders[OrderKey::of_book(first.id)].instrument;
        let book = &mut market.instruments[instrument].book;
        *book = OrderBook::restore(book.limits(), resting).map_err(|_| SnapshotError::Damaged)?;
    }
    Ok(())
}

fn length(orders: usize) -> u32 {
    u32::try_from(orders).unwrap_or(u32::MAX)
}
