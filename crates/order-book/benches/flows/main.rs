//! The book and the plain one over five flows of messages, in one run:
//!
//! ```sh
//! cargo bench -p order-book
//! cargo bench -p order-book -- --orders 200000 --rounds 3 --sparse
//! ```
//!
//! Both books take turns, with a fresh book in every round. For operations a second the flow is cut into
//! stretches, and each counts as in its least disturbed round. Latency is of single operations, in
//! rounds of their own through a book that has seen the flow before; each operation counts as in its
//! least disturbed round, too, and with one reading of the clock, whose own cost is printed. `--sparse` spreads the ids over 64 bits;
//! `--scattered` takes the flows in which prices jump; `--json` writes a line of JSON a flow, operations a
//! second only.

mod facts;
mod timing;

use order_book::OrderBook;
use plain_order_book::{Day, Flow, PlainBook, Scattered};

use facts::Facts;
use timing::{Latencies, Stretches, clock_cost, latencies};

struct Options {
    orders: usize,
    rounds: usize,
    sparse: bool,
    scattered: bool,
    json: bool,
}

impl Options {
    fn from_arguments() -> Self {
        let mut options =
            Self { orders: 1_000_000, rounds: 9, sparse: false, scattered: false, json: false };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut number =
                || arguments.next().and_then(|text| text.parse().ok()).expect("a number follows");
            match argument.as_str() {
                "--orders" => options.orders = number(),
                "--rounds" => options.rounds = number(),
                "--sparse" => options.sparse = true,
                "--scattered" => options.scattered = true,
                "--json" => options.json = true,
                "--bench" => {}
                other => panic!("unknown argument {other}"),
            }
        }
        options
    }

    fn flow(&self, index: usize) -> Flow {
        let flow = if self.scattered {
            Scattered::ALL[index].flow(self.orders)
        } else {
            Day::ALL[index].flow(self.orders)
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
    if options.json {
        (0..5).for_each(|index| print_json(&options.flow(index), &options));
        return;
    }
    println!("{}", Facts::HEADER);
    let rows: Vec<_> = (0..5).map(|index| run(&options.flow(index), &options)).collect();
    let worst = |of: fn(&Row) -> f64| rows.iter().map(of).fold(f64::INFINITY, f64::min);
    let (ours, plain) = (worst(|row| row.ours), worst(|row| row.plain));
    println!("\nworst of five: {} ops/s; plain book {} ops/s", millions(ours), millions(plain));
    println!(
        "ours over the plain book: {:.1} worst to worst, {:.1} in the flow where it is least",
        ours / plain,
        worst(|row| row.ours / row.plain)
    );
    println!("the clock costs {} ns a reading", clock_cost());
}

fn print_json(flow: &Flow, options: &Options) {
    let Row { ours, plain } = throughput(flow, options, &Facts::of(flow));
    println!(r#"{{"flow":"{}","ours":{ours:.0},"plain":{plain:.0}}}"#, flow.name);
}

fn run(flow: &Flow, options: &Options) -> Row {
    let facts = Facts::of(flow);
    println!("{facts}");
    let row = throughput(flow, options, &facts);
    let latency_ours = latencies(flow, options.rounds, our_book(&facts));
    let latency_plain = latencies(flow, options.rounds, PlainBook::default());
    print_book("order-book", row.ours, &latency_ours);
    print_book("plain", row.plain, &latency_plain);
    row
}

/// Both books in turn, a fresh one each in every round.
fn throughput(flow: &Flow, options: &Options, facts: &Facts) -> Row {
    let (mut ours, mut plain) = (Stretches::default(), Stretches::default());
    for _ in 0..options.rounds {
        let outcome_ours = ours.round(flow, our_book(facts));
        let outcome_plain = plain.round(flow, PlainBook::default());
        assert_eq!(outcome_ours, outcome_plain, "both books say and come to the same");
    }
    #[expect(clippy::cast_precision_loss, reason = "a number of messages")]
    let per_second = |stretches: Stretches| flow.messages.len() as f64 / stretches.sum();
    Row { ours: per_second(ours), plain: per_second(plain) }
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
