//! The terms of an order in the words of the book.

use order_book::{OwnerId, Price, Quantity, RestingOrder};
use order_domain::trading::{SelfTrade, Side, TimeInForce};

use super::orders::{OpenOrder, OrderKey};

impl OpenOrder {
    /// As it rests in the book, under its key.
    pub(super) fn resting(&self, key: OrderKey) -> RestingOrder {
        RestingOrder {
            id: key.in_book(),
            owner: OwnerId(self.account.0.into()),
            side: book_side(self.side),
            price: Price(self.limit.expect("what rests has a limit")),
            quantity: Quantity(self.progress.open),
            time_in_force: book_time_in_force(self.time_in_force),
            self_trade: book_self_trade(self.self_trade),
        }
    }
}

pub(super) const fn book_side(side: Side) -> order_book::Side {
    match side {
        Side::Buy => order_book::Side::Buy,
        Side::Sell => order_book::Side::Sell,
    }
}

pub(super) const fn book_time_in_force(time_in_force: TimeInForce) -> order_book::TimeInForce {
    match time_in_force {
        TimeInForce::GoodTillCancelled => order_book::TimeInForce::GoodTillCancelled,
        TimeInForce::ImmediateOrCancel => order_book::TimeInForce::ImmediateOrCancel,
        TimeInForce::FillOrKill => order_book::TimeInForce::FillOrKill,
        TimeInForce::PostOnly => order_book::TimeInForce::PostOnly,
        TimeInForce::PostOnlySlide => order_book::TimeInForce::PostOnlySlide,
    }
}

pub(super) const fn book_self_trade(self_trade: SelfTrade) -> order_book::SelfTrade {
    match self_trade {
        SelfTrade::Allow => order_book::SelfTrade::Allow,
        SelfTrade::CancelNewest => order_book::SelfTrade::CancelNewest,
        SelfTrade::CancelOldest => order_book::SelfTrade::CancelOldest,
        SelfTrade::CancelBoth => order_book::SelfTrade::CancelBoth,
        SelfTrade::Decrement => order_book::SelfTrade::Decrement,
    }
}
