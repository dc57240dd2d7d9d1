//! What a flow of messages needs of a book, so that both books can be driven alike.

use order_book::{
    Event, NewOrder, OrderBook, OrderId, Price, Quantity, Refused, RestingOrder, StateHash,
};

use crate::PlainBook;

/// A book that takes commands.
pub trait Market {
    /// See [`OrderBook::submit`].
    fn submit(
        &mut self,
        order: &NewOrder,
        sink: &mut impl FnMut(Event),
    ) -> Result<Quantity, Refused>;
    /// See [`OrderBook::cancel`].
    fn cancel(&mut self, id: OrderId) -> Result<RestingOrder, Refused>;
    /// See [`OrderBook::amend`].
    fn amend(
        &mut self,
        id: OrderId,
        price: Price,
        quantity: Quantity,
        sink: &mut impl FnMut(Event),
    ) -> Result<Quantity, Refused>;
    /// See [`OrderBook::state_hash`].
    fn state_hash(&self) -> StateHash;
}

macro_rules! market {
    ($book:ty) => {
        impl Market for $book {
            #[inline]
            fn submit(
                &mut self,
                order: &NewOrder,
                sink: &mut impl FnMut(Event),
            ) -> Result<Quantity, Refused> {
                self.submit(order, sink)
            }

            #[inline]
            fn cancel(&mut self, id: OrderId) -> Result<RestingOrder, Refused> {
                self.cancel(id)
            }

            #[inline]
            fn amend(
                &mut self,
                id: OrderId,
                price: Price,
                quantity: Quantity,
                sink: &mut impl FnMut(Event),
            ) -> Result<Quantity, Refused> {
                self.amend(id, price, quantity, sink)
            }

            fn state_hash(&self) -> StateHash {
                self.state_hash()
            }
        }
    };
}

market!(OrderBook);
market!(PlainBook);
