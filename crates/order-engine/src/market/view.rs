//! A market as it can be looked at.

use order_book::OrderBook;
use order_domain::trading::event::OrderState;
use order_domain::trading::{AccountId, AssetCode, Side, Symbol};
use order_domain::{Decimal, OrderId};

use super::Market;
use super::measures::shown;
use super::orders::OrderKey;

/// A look at a market's state, between two commands.
#[derive(Clone, Copy, Debug)]
pub struct MarketView<'a>(pub(crate) &'a Market);

/// What an account has of an asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountBalance {
    /// What orders may be placed with, and withdrawn.
    pub available: Decimal,
    /// What open orders hold.
    pub held: Decimal,
}

/// An open order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderView<'a> {
    /// Its id.
    pub id: OrderId,
    /// Whose it is.
    pub account: &'a AccountId,
    /// Of which instrument.
    pub symbol: &'a Symbol,
    /// Buy or sell.
    pub side: Side,
    /// Its limit.
    pub price: Decimal,
    /// How far it has come.
    pub state: OrderState,
}

impl<'a> MarketView<'a> {
    /// The listed assets.
    pub fn assets(self) -> impl Iterator<Item = &'a AssetCode> {
        self.0.assets.iter().map(|(_, listed)| &listed.asset.code)
    }

    /// The listed instruments, in order of listing.
    pub fn symbols(self) -> impl Iterator<Item = &'a Symbol> {
        self.0.instruments.iter().map(|(_, listed)| &listed.terms.symbol)
    }

    /// The open accounts, in order of opening.
    pub fn accounts(self) -> impl Iterator<Item = &'a AccountId> {
        self.0.accounts.iter().map(|(_, account)| &account.id)
    }

    /// What an account has of an asset; `None` where there is no such account or asset.
    pub fn balance(self, account: &AccountId, asset: &AssetCode) -> Option<AccountBalance> {
        let account = &self.0.accounts[self.0.accounts.find(account.as_str())?];
        let asset = self.0.assets.find(asset.as_str())?;
        let scale = self.0.assets[asset].asset.scale;
        let balance = account.balance(asset);
        let (available, held) = (shown(balance.available, scale), shown(balance.held, scale));
        Some(AccountBalance { available, held })
    }

    /// What trades paid in fees; `None` where there is no such asset.
    pub fn fees(self, asset: &AssetCode) -> Option<Decimal> {
        let listed = &self.0.assets[self.0.assets.find(asset.as_str())?];
        Some(shown(listed.fees, listed.asset.scale))
    }

    /// What there is of an asset: all balances and the fees; `None` where there is no such asset.
    pub fn supply(self, asset: &AssetCode) -> Option<Decimal> {
        let listed = &self.0.assets[self.0.assets.find(asset.as_str())?];
        Some(shown(listed.supply, listed.asset.scale))
    }

    /// The book of an instrument; the ids in it mean nothing outside.
    pub fn book(self, symbol: &Symbol) -> Option<&'a OrderBook> {
        Some(&self.0.instruments[self.0.instruments.find(symbol.as_str())?].book)
    }

    /// An open order.
    pub fn order(self, id: OrderId) -> Option<OrderView<'a>> {
        self.0.orders.find(id).map(|key| self.view(key))
    }

    /// The open orders of an instrument as they stand in the book: buys, then sells, the best price
    /// first, first in first out.
    pub fn orders(self, symbol: &Symbol) -> impl Iterator<Item = OrderView<'a>> {
        let orders = self.book(symbol).map(OrderBook::orders).into_iter().flatten();
        orders.map(move |order| self.view(OrderKey::of_book(order.id)))
    }

    fn view(self, key: OrderKey) -> OrderView<'a> {
        let order = &self.0.orders[key];
        let listed = &self.0.instruments[order.instrument];
        OrderView {
            id: order.id,
            account: &self.0.accounts[order.account].id,
            symbol: &listed.terms.symbol,
            side: order.side,
            price: listed.measures.price(order.limit.expect("what rests has a limit")),
            state: order.progress.state(&listed.measures),
        }
    }
}
