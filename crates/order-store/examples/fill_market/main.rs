//! How fast a market is projected, and how fast its readers are answered then.
//!
//! ```text
//! cargo run --release -p order-store --example fill_market -- sqlite:/tmp/market.db [commands]
//! cargo run --release -p order-store --example fill_market -- postgres://user:pw@host/empty_db
//! ```
//!
//! One of ten commands takes, the others place orders that rest or cancel them. The database must be
//! empty; it is left full.

mod flow;

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use flow::Flow;
use order_domain::{Decision, Timestamp};
use order_store::trading::{MarketOrderFilter, TradePage};
use order_store::{OrderStore, Page, ProjectionBatch, projection};

/// How many decisions a batch has.
const BATCH_DECISIONS: usize = 500;

/// How many commands are decided unless the command line says otherwise.
const COMMANDS_DEFAULT: usize = 100_000;

/// How often each question is asked.
const ROUNDS: u32 = 50;

type Failure = Box<dyn std::error::Error>;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("usage: fill_market <store url> [commands]")?;
    let count = arguments.next().map_or(Ok(COMMANDS_DEFAULT), |text| text.parse())?;
    let store = order_store::open(&url).await?;
    store.projections.migrate().await?;
    let mut flow = Flow::new();
    let (mut projected, mut written) = (Duration::ZERO, Duration::ZERO);
    let mut left = count;
    while left > 0 {
        let size = left.min(BATCH_DECISIONS);
        let decisions: Vec<Decision> = (0..size).map(|_| flow.next()).collect();
        left -= size;
        let started = Instant::now();
        let trading = decisions
            .iter()
            .filter_map(|decision| projection::market_change(decision).transpose())
            .collect::<Result<_, _>>()?;
        projected += started.elapsed();
        let started = Instant::now();
        let batch = ProjectionBatch { trading, ..ProjectionBatch::default() };
        store.projections.apply(&batch).await?;
        written += started.elapsed();
    }
    println!("{count} decisions, {BATCH_DECISIONS} a transaction");
    let each =
        |took: Duration| took.as_secs_f64() * 1e6 / f64::from(u32::try_from(count).unwrap_or(1));
    println!(
        "projected in {:.2} µs each, written in {:.2} µs each",
        each(projected),
        each(written)
    );
    questions(&store, &flow).await
}

/// Prints how long each question takes, on average.
async fn questions(store: &OrderStore, flow: &Flow) -> Result<(), Failure> {
    macro_rules! timed {
        ($what:literal, $question:expr) => {
            let started = Instant::now();
            for _ in 0..ROUNDS {
                $question.await?;
            }
            println!("{:<34} {:>9.1?}", $what, started.elapsed() / ROUNDS);
        };
    }
    let (market, symbol, account) = (&flow.venue, &flow.symbol, &flow.accounts[0]);
    let trading = &store.trading;
    let page = Page { limit: 50, after: None };
    let of_account = MarketOrderFilter { account: Some(account.clone()), ..Default::default() };
    let status = Some(order_domain::trading::OrderStatus::New);
    let open = MarketOrderFilter { status, ..of_account.clone() };
    timed!("an account's newest 50 orders", trading.market_orders(market, &of_account, page));
    timed!("an account's newest 50 open orders", trading.market_orders(market, &open, page));
    timed!("20 levels of depth", trading.depth(market, symbol, 20));
    timed!("ticker over all trades", trading.ticker(market, symbol));
    let page = || TradePage { limit: 50, after: None };
    timed!("newest 50 trades", trading.trades(market, symbol, page()));
    let page = || TradePage { limit: 50, after: None };
    timed!("an account's newest 50 trades", trading.account_trades(market, account, page()));
    let (second, from) = (Duration::from_secs(1), Timestamp(0));
    let limit = NonZeroU32::new(100).ok_or("not zero")?;
    timed!("100 candles", trading.candles(market, symbol, second, from, limit));
    timed!("an instrument's statistics", trading.instrument_statistics(market, symbol));
    timed!("an account's statistics", trading.account_statistics(market, account));
    Ok(())
}
