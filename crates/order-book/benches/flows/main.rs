//! The book and the plain one over five flows of messages, in one run:
//!
//! ```sh
//! cargo bench -p order-book
//! cargo bench -p order-book -- --orders 200000 --rounds 3 --sparse
//! ```
//!
//! Operations a second are those of the least disturbed of the rounds, a fresh book each, taking turns. Latency is of
//! single operations, in a pass of its own through a book that has seen the flow before; it includes
//! one reading of the clock, whose own cost is printed. `--sparse` spreads the ids over 64 bits;
//! `--scattered` takes the flows in which prices jump.

mod facts;
mod timing;

use order_book::OrderBook;
use plain_order_book::{Day, Flow, PlainBook, Scattered};

use facts::Facts;
use timing::{Latencies, clock_cost, latencies, seconds};

struct Options {
    orders: usize,
    rounds: usize,
    sparse: bool,
    scattered: bool,
}

impl Options {
    fn from_arguments() -> Self {
        let mut options = Self { orders: 1_000_000, rounds: 9, sparse: false, scattered: false };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut number =
                || arguments.next().and_then(|text| text.parse().ok()).expect("a number follows");
            match argument.as_str() {
                "--orders" => options.orders = number(),
                "--rounds" => options.rounds = number(),
                "--sparse" => options.sparse = true,
                "--scattered" => options.scattered = true,
                "--bench" => {}
                other => panic!("unknown argument {other}"),
            }
        }
        options
    }

    fn flow(&self, index: usize) -> Flow {
        let flow = match self.scattered {
            true => Scattered::ALL[index].flow(self.orders),
            false => Day::ALL[index].flow(self.orders),
        };
        if self.sparse { flow.with_sparse_ids() } else { flow }
    }
}

/// What one flow gave.
struct Row {
    ours: f64,
    plain: f64,
}

fn main() {
    let options = Options::from_arguments();
    println!("{}", Facts::HEADER);
    let rows: Vec<_> = (0..5).map(|index| run(&options.flow(index), &options)).collect();
    let worst = |of: fn(&Row) -> f64| rows.iter().map(of).fold(f64::INFINITY, f64::min);
    let (ours, plain) = (worst(|row| row.ours), worst(|row| row.plain));
    println!("\nworst of five: {} ops/s; plain book {} ops/s", millions(ours), millions(plain));
    println!("ours over the plain book: {:.1} worst to worst, {:.1} in the flow where it is least",
        ours / plain, worst(|row| row.ours / row.plain));
    println!("the clock costs {} ns a reading", clock_cost());
}

fn run(flow: &Flow, options: &Options) -> Row {
    let facts = Facts::of(flow);
    println!("{facts}");
    let (mut ours, mut plain) = (Vec::new(), Vec::new());
    for _ in 0..options.rounds {
        let (seconds_ours, outcome_ours) = seconds(flow, our_book(&facts));
        let (seconds_plain, outcome_plain) = seconds(flow, PlainBook::default());
        assert_eq!(outcome_ours, outcome_plain, "both books say and come to the same");
        ours.push(seconds_ours);
        plain.push(seconds_plain);
    }
    #[expect(clippy::cast_precision_loss, reason = "a number of messages")]
    let per_second = |seconds: Vec<f64>| flow.messages.len() as f64 / least(seconds);
    let row = Row { ours: per_second(ours), plain: per_second(plain) };
    let latency_ours = latencies(flow, our_book(&facts));
    let latency_plain = latencies(flow, PlainBook::default());
    print_book("order-book", row.ours, &latency_ours);
    print_book("plain", row.plain, &latency_plain);
    row
}

fn our_book(facts: &Facts) -> OrderBook {
    let mut book = OrderBook::default();
    book.reserve(facts.orders_max(), facts.levels_max());
    book
}

fn print_book(name: &str, per_second: f64, latencies: &Latencies) {
    println!("    {name:<12} {:>8} ops/s   {latencies}", millions(per_second));
}

fn millions(per_second: f64) -> String {
    format!("{:.2} M", per_second / 1e6)
}

fn least(values: Vec<f64>) -> f64 {
    values.into_iter().fold(f64::INFINITY, f64::min)
}
