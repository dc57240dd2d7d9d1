//! On the hot path nothing is allocated.

use allocation_counter::measure;
use order_book::OrderBook;
use plain_order_book::Day;

#[test]
fn a_book_with_room_allocates_nothing_on_any_day() {
    for day in Day::ALL {
        let flow = day.flow(5_000);
        let mut book = OrderBook::default();
        book.reserve(2_000, 1_000);
        let mut events = 0_u32;
        let run = measure(|| {
            for message in &flow.messages {
                message.apply(&mut book, &mut |_| events += 1);
            }
        });
        assert_eq!(run.count_total, 0, "{}: {events} events", day.name);
        assert!(events > 5_000 && book.len() < 2_000, "{}: {events} events", day.name);
    }
}

#[test]
fn without_room_it_allocates_as_it_fills() {
    let flow = Day::ALL[0].flow(5_000);
    let mut book = OrderBook::default();
    let mut run = || {
        measure(|| flow.messages.iter().for_each(|message| message.apply(&mut book, &mut |_| {})))
    };
    assert!(run().count_total > 0);
}
