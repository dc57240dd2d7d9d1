//! The open orders of a market: found by id and by client order id, and oldest first by account.

use std::ops::{Index, IndexMut};

use hashbrown::HashTable;
use order_domain::trading::event::OrderState;
use order_domain::trading::{ClientOrderId, OrderStatus, SelfTrade, Side, TimeInForce};
use order_domain::{Fingerprint, Offset, OrderId};

use super::measures::Measures;
use super::registry::{AccountKey, InstrumentKey, hash_text};
use crate::recent_window::hash_id;

/// Where an open order stands; also its id in the book. Free again once the order has ended, and
/// never shown outside: a restored market may have its orders elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OrderKey(u32);

impl OrderKey {
    pub(crate) fn in_book(self) -> order_book::OrderId {
        order_book::OrderId(self.0.into())
    }

    pub(super) fn of_book(id: order_book::OrderId) -> Self {
        Self(u32::try_from(id.0).expect("the market gave the book this id"))
    }
}

/// The command that placed an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) source: Offset,
    pub(crate) fingerprint: Fingerprint,
}

/// How far an order has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) version: u64,
    /// Lots.
    pub(crate) executed: u64,
    /// Lots.
    pub(crate) open: u64,
    /// What was paid for what was executed, in units of the quote asset.
    pub(crate) value: u64,
    /// Whether a part of it was cancelled.
    pub(crate) cut: bool,
}

impl Progress {
    pub(super) const fn new(open: u64) -> Self {
        Self { version: 1, executed: 0, open, value: 0, cut: false }
    }

    pub(super) fn fill(&mut self, lots: u64, value: u64) {
        self.open -= lots;
        self.executed += lots;
        self.value += value;
    }

    pub(super) fn cut(&mut self, lots: u64) {
        self.open -= lots;
        self.cut = true;
    }

    /// How an order of which nothing is open has ended.
    pub(super) const fn end(&self) -> OrderStatus {
        match (self.executed, self.cut) {
            (0, _) => OrderStatus::Cancelled,
            (_, true) => OrderStatus::Closed,
            (_, false) => OrderStatus::Executed,
        }
    }

    pub(super) fn state(&self, measures: &Measures) -> OrderState {
        OrderState {
            version: self.version,
            executed: measures.quantity(self.executed),
            remaining: measures.quantity(self.open),
            executed_value: measures.quote(self.value),
        }
    }

    /// Takes over what an event says.
    pub(super) fn follow(&mut self, state: &OrderState, measures: &Measures) -> Option<()> {
        let executed = measures.lots(state.executed)?;
        let open = measures.lots(state.remaining)?;
        let value = measures.quote_units(state.executed_value)?;
        *self = Self { version: state.version, executed, open, value, cut: self.cut };
        Some(())
    }
}

/// An order that may still trade.
#[derive(Clone, Debug)]
pub(crate) struct OpenOrder {
    pub(crate) id: OrderId,
    pub(crate) origin: Origin,
    pub(crate) account: AccountKey,
    pub(crate) instrument: InstrumentKey,
    pub(crate) side: Side,
    /// Its limit in ticks; `None` for a market order.
    pub(crate) limit: Option<i64>,
    pub(crate) time_in_force: TimeInForce,
    pub(crate) self_trade: SelfTrade,
    pub(crate) client_order_id: Option<ClientOrderId>,
    pub(crate) progress: Progress,
}

impl OpenOrder {
    /// What it holds, in units of what it gives.
    pub(crate) fn hold(&self, measures: &Measures) -> u64 {
        self.hold_of(measures, self.progress.open)
    }

    /// What it would hold with `open` lots open: no more than it holds now, if those are fewer.
    pub(super) fn hold_of(&self, measures: &Measures, open: u64) -> u64 {
        let Some(limit) = self.limit else { return 0 };
        measures.hold(self.side, limit, open).expect("counted when it was placed")
    }
}

/// An open order and its neighbours in age among those of its account.
#[derive(Clone, Debug)]
struct Linked {
    order: OpenOrder,
    older: Option<OrderKey>,
    newer: Option<OrderKey>,
}

/// The oldest and the newest order of an account.
#[derive(Clone, Copy, Debug, Default)]
struct Ends {
    oldest: Option<OrderKey>,
    newest: Option<OrderKey>,
}

/// All open orders.
#[derive(Clone, Debug)]
pub(crate) struct OpenOrders {
    places: Vec<Option<Linked>>,
    free: Vec<OrderKey>,
    by_account: Vec<Ends>,
    /// Never iterated.
    by_id: HashTable<OrderKey>,
    /// Those that have a client order id. Never iterated.
    by_client_order_id: HashTable<OrderKey>,
}

impl OpenOrders {
    pub(crate) const fn new() -> Self {
        Self {
            places: Vec::new(),
            free: Vec::new(),
            by_account: Vec::new(),
            by_id: HashTable::new(),
            by_client_order_id: HashTable::new(),
        }
    }

    pub(crate) const fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    /// The key of the next order.
    pub(super) fn next_key(&self) -> OrderKey {
        let new = || OrderKey(u32::try_from(self.places.len()).expect("the bound is of 32 bits"));
        self.free.last().copied().unwrap_or_else(new)
    }

    pub(crate) fn find(&self, id: OrderId) -> Option<OrderKey> {
        self.by_id.find(hash_id(id.0), |key| self[*key].id == id).copied()
    }

    pub(super) fn has_client_order_id(&self, account: AccountKey, name: &ClientOrderId) -> bool {
        let is_it = |key: &OrderKey| {
            let order = &self[*key];
            order.account == account && order.client_order_id.as_ref() == Some(name)
        };
        self.by_client_order_id.find(hash_client_order_id(account, name), is_it).is_some()
    }

    /// Takes an order, the newest of its account.
    pub(crate) fn add(&mut self, order: OpenOrder) -> OrderKey {
        let key = self.next_key();
        self.by_id.insert_unique(hash_id(order.id.0), key, hash_of_id(&self.places));
        if let Some(name) = &order.client_order_id {
            let hash = hash_client_order_id(order.account, name);
            let places = &self.places;
            self.by_client_order_id.insert_unique(hash, key, hash_of_client_order_id(places));
        }
        let before = self.ends(order.account).newest.replace(key);
        match before {
            Some(before) => self.linked(before).newer = Some(key),
            None => self.ends(order.account).oldest = Some(key),
        }
        let linked = Some(Linked { order, older: before, newer: None });
        match self.free.pop() {
            Some(_) => self.places[key.0 as usize] = linked,
            None => self.places.push(linked),
        }
        key
    }

    /// Lets an order go.
    pub(super) fn remove(&mut self, key: OrderKey) -> OpenOrder {
        let Linked { order, older: before, newer: after } =
            self.places[key.0 as usize].take().expect("a key is of an open order");
        self.free.push(key);
        if let Ok(entry) = self.by_id.find_entry(hash_id(order.id.0), |other| *other == key) {
            entry.remove();
        }
        if let Some(name) = &order.client_order_id {
            let hash = hash_client_order_id(order.account, name);
            if let Ok(entry) = self.by_client_order_id.find_entry(hash, |other| *other == key) {
                entry.remove();
            }
        }
        match before {
            Some(before) => self.linked(before).newer = after,
            None => self.ends(order.account).oldest = after,
        }
        match after {
            Some(after) => self.linked(after).older = before,
            None => self.ends(order.account).newest = before,
        }
        order
    }

    /// The orders of an account, oldest first.
    pub(super) fn of_account(&self, account: AccountKey) -> impl Iterator<Item = OrderKey> {
        let oldest = self.by_account.get(account.0 as usize).and_then(|ends| ends.oldest);
        std::iter::successors(oldest, |key| {
            self.places[key.0 as usize].as_ref().and_then(|linked| linked.newer)
        })
    }

    fn ends(&mut self, account: AccountKey) -> &mut Ends {
        let place = account.0 as usize;
        if self.by_account.len() <= place {
            self.by_account.resize(place + 1, Ends::default());
        }
        &mut self.by_account[place]
    }

    fn linked(&mut self, key: OrderKey) -> &mut Linked {
        self.places[key.0 as usize].as_mut().expect("a key is of an open order")
    }
}

impl Index<OrderKey> for OpenOrders {
    type Output = OpenOrder;

    fn index(&self, key: OrderKey) -> &OpenOrder {
        &self.places[key.0 as usize].as_ref().expect("a key is of an open order").order
    }
}

impl IndexMut<OrderKey> for OpenOrders {
    fn index_mut(&mut self, key: OrderKey) -> &mut OpenOrder {
        &mut self.linked(key).order
    }
}

fn hash_of_id(places: &[Option<Linked>]) -> impl Fn(&OrderKey) -> u64 {
    |key| places[key.0 as usize].as_ref().map_or(0, |linked| hash_id(linked.order.id.0))
}

fn hash_of_client_order_id(places: &[Option<Linked>]) -> impl Fn(&OrderKey) -> u64 {
    |key| match places[key.0 as usize].as_ref().map(|linked| &linked.order) {
        Some(OpenOrder { account, client_order_id: Some(name), .. }) => {
            hash_client_order_id(*account, name)
        }
        _ => 0,
    }
}

fn hash_client_order_id(account: AccountKey, name: &ClientOrderId) -> u64 {
    hash_text(name.as_str()) ^ u64::from(account.0).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
