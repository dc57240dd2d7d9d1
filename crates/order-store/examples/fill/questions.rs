//! What readers' questions cost on the store that was filled.

use std::time::{Duration, Instant};

use order_domain::{CustomerId, Timestamp};
use order_store::{Cursor, OrderFilter, OrderStore, Page};

use super::Failure;

const REPEATS: u32 = 20;
const PAGE: Page = Page { limit: 50, after: None };

pub async fn time(store: &OrderStore) -> Result<(), Failure> {
    let queries = &store.queries;
    let middle = queries.orders(OrderFilter::default(), PAGE).await?;
    let Some(newest) = middle.first() else { return Ok(()) };
    let deep = Timestamp(i64::midpoint(newest.placed_at.0, 1_767_225_600_000));
    let deep = Page { after: Some(Cursor { placed_at: deep, ..newest.cursor() }), ..PAGE };

    println!("a page of 50, mean of {REPEATS}:");
    for (text, page) in [
        ("c", PAGE),
        ("com", PAGE),
        ("example", PAGE),
        ("smith", PAGE),
        ("smith", deep),
        ("ada love", PAGE),
        ("example com ada", deep),
        ("smith.4711", PAGE),
        ("nobody", PAGE),
    ] {
        let started = Instant::now();
        for _ in 0..REPEATS {
            queries.search_customers(text, page).await?;
        }
        let place = if page.after.is_some() { ", half way back" } else { "" };
        show(&format!("search {text:?}{place}"), started.elapsed());
    }
    let all = OrderFilter::default();
    for (what, filter, page) in [
        ("all", all, PAGE),
        ("all, half way back", all, deep),
        ("accepted", OrderFilter { status: Some("accepted"), ..all }, PAGE),
        ("rejected", OrderFilter { status: Some("rejected"), ..all }, PAGE),
        ("one customer's", OrderFilter { customer: Some(CustomerId(4_711)), ..all }, PAGE),
    ] {
        let started = Instant::now();
        for _ in 0..REPEATS {
            queries.orders(filter, page).await?;
        }
        show(what, started.elapsed());
    }
    Ok(())
}

fn show(what: &str, took: Duration) {
    println!("  {what:<36} {:>9.2} ms", (took / REPEATS).as_secs_f64() * 1_000.0);
}
