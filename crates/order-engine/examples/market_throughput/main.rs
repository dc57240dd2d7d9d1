//! How fast one core decides a market's commands, from bytes to bytes, and where the time goes: beside
//! the book alone on the same flow, and JSON alone on the same commands and decisions.
//!
//! ```sh
//! cargo run --release -p order-engine --example market_throughput -- 200000
//! ```
//!
//! takes five days of so many orders each. Every figure is the best of three rounds, a round being the
//! whole flow on an empty market.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

mod recorder;

use std::hint::black_box;
use std::time::{Duration, Instant};

use order_book::OrderBook;
use order_domain::{Command, Decision, Partition, Timestamp};
use order_engine::{Engine, EngineSettings};
use plain_order_book::{Day, Flow};

use self::recorder::Recorder;

const ROUNDS: usize = 3;
const ORDERS: usize = 100_000;

/// What the flow costs, in whole.
#[derive(Clone, Copy)]
struct Costs {
    /// The flow on the book alone.
    book: Duration,
    /// Commands read and decisions written, and nothing else.
    json: Duration,
    decode: Duration,
    decide: Duration,
    evolve: Duration,
    encode: Duration,
    /// From bytes to bytes.
    engine: Duration,
}

fn main() {
    let orders = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(ORDERS);
    println!("nanoseconds a command, best of {ROUNDS} rounds; {orders} orders a day");
    println!(
        "{:<12} {:>9} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>10} {:>6} {:>6}",
        "day",
        "commands",
        "book",
        "json",
        "decode",
        "decide",
        "evolve",
        "encode",
        "engine",
        "engine/s",
        "/book",
        "/json",
    );
    for day in Day::ALL {
        report(&day.flow(orders));
    }
}

fn report(flow: &Flow) {
    let mut recorder = Recorder::new();
    let set_up = recorder.payloads.len();
    for message in &flow.messages {
        message.apply(&mut recorder, &mut |_| {});
    }
    let (before, commands) = recorder.payloads.split_at(set_up);
    let ready = ready(before);
    let rounds = (0..ROUNDS).map(|_| measure(flow, &ready, commands));
    let best = rounds.reduce(Costs::best).expect("there are rounds");
    let number = u32::try_from(commands.len()).expect("some hundred thousand");
    let each = |cost: Duration| (cost / number).as_nanos();
    println!(
        "{:<12} {:>9} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>10.0} {:>6.1} {:>6.2}",
        flow.name,
        number,
        each(best.book),
        each(best.json),
        each(best.decode),
        each(best.decide),
        each(best.evolve),
        each(best.encode),
        each(best.engine),
        f64::from(number) / best.engine.as_secs_f64(),
        best.engine.as_secs_f64() / best.book.as_secs_f64(),
        best.engine.as_secs_f64() / best.json.as_secs_f64(),
    );
}

/// The market before the day begins.
fn ready(commands: &[Vec<u8>]) -> Engine {
    let mut engine = Engine::new(Partition(0), EngineSettings::DEFAULT);
    for payload in commands {
        let command = Command::from_json(payload).expect("a command");
        let decision = engine.decide(engine.next_source(), Timestamp(0), command);
        engine.evolve(&decision);
    }
    engine
}

fn measure(flow: &Flow, ready: &Engine, commands: &[Vec<u8>]) -> Costs {
    let (reading, asked) = timed(|| commands.iter().map(|it| read(it)).collect::<Vec<_>>());
    let ([decide, evolve], decisions) = decide_and_evolve(ready.clone(), asked);
    let (encode, _) = timed(|| decisions.iter().map(|it| it.to_json().len()).sum::<usize>());
    let (json, ()) = timed(|| {
        for (payload, decision) in commands.iter().zip(&decisions) {
            black_box(read(payload));
            black_box(decision.to_json());
        }
    });
    drop(decisions);
    let mut engine = ready.clone();
    let (whole, ()) = timed(|| {
        for payload in commands {
            black_box(bytes_to_bytes(&mut engine, payload));
        }
    });
    let mut book = OrderBook::default();
    let (book, ()) = timed(|| {
        for message in &flow.messages {
            message.apply(&mut book, &mut |event| {
                black_box(event);
            });
        }
    });
    Costs { book, json, decode: reading, decide, evolve, encode, engine: whole }
}

/// What the engine does with a record.
fn bytes_to_bytes(engine: &mut Engine, payload: &[u8]) -> Vec<u8> {
    let decision = engine.decide(engine.next_source(), Timestamp(0), read(payload));
    engine.evolve(&decision);
    decision.to_json()
}

fn decide_and_evolve(mut engine: Engine, commands: Vec<Command>) -> ([Duration; 2], Vec<Decision>) {
    let mut decisions = Vec::with_capacity(commands.len());
    let (mut deciding, mut evolving) = (Duration::ZERO, Duration::ZERO);
    for command in commands {
        let begun = Instant::now();
        let decision = engine.decide(engine.next_source(), Timestamp(0), command);
        let decided = Instant::now();
        engine.evolve(&decision);
        evolving += decided.elapsed();
        deciding += decided - begun;
        decisions.push(decision);
    }
    ([deciding, evolving], decisions)
}

fn read(payload: &[u8]) -> Command {
    Command::from_json(payload).expect("a command")
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let begun = Instant::now();
    let done = black_box(work());
    (begun.elapsed(), done)
}

impl Costs {
    fn best(self, other: Self) -> Self {
        Self {
            book: self.book.min(other.book),
            json: self.json.min(other.json),
            decode: self.decode.min(other.decode),
            decide: self.decide.min(other.decide),
            evolve: self.evolve.min(other.evolve),
            encode: self.encode.min(other.encode),
            engine: self.engine.min(other.engine),
        }
    }
}
