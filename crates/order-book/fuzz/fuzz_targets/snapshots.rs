//! Any bytes as a snapshot: refused, or a sound book that gives the same book again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use order_book::{Limits, OrderBook};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(book) = OrderBook::from_snapshot(Limits::default(), bytes) {
        book.assert_invariants();
        let again = OrderBook::from_snapshot(Limits::default(), &book.to_snapshot());
        let again = again.expect("its own snapshot");
        assert_eq!(again.state_hash(), book.state_hash());
    }
});
