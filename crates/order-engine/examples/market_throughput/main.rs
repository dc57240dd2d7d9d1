//! How fast one core decides a market's commands, from bytes to bytes, and where the time goes: beside
//! the book alone on the same flow, and JSON alone on the same commands and decisions.
//!
//! ```sh
//! cargo run --release -p order-engine --example market_throughput -- 200000
//! ```
//!
//! takes five days of so many orders each; with `--json` it writes a line of JSON a day. Every figure is nanoseconds a command; of each thousand
//! commands the best of five rounds counts, a round being the whole flow on an empty market. Deciding
//! and evolving take turns, so that theirs have the reading of the clock in them.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

mod costs;
mod laps;
mod recorder;

use std::hint::black_box;

use order_book::OrderBook;
use order_domain::{Command, Decision, Partition, Timestamp};
use order_engine::{Engine, EngineSettings};
use plain_order_book::{Day, Flow};

use self::costs::{Costs, print_heading};
use self::laps::Laps;
use self::recorder::Recorder;

const ROUNDS: usize = 5;
const ORDERS: usize = 100_000;

fn main() {
    let (mut orders, mut json) = (ORDERS, false);
    for argument in std::env::args().skip(1) {
        match &*argument {
            "--json" => json = true,
            number => orders = number.parse().expect("a number of orders, or --json"),
        }
    }
    if !json {
        print_heading(orders);
    }
    for day in Day::ALL {
        let costs = costs_of(&day.flow(orders));
        if json { costs.print_json(day.name) } else { costs.print(day.name) }
    }
}

/// The best of all rounds.
fn costs_of(flow: &Flow) -> Costs {
    let mut recorder = Recorder::new();
    let set_up = recorder.payloads.len();
    for message in &flow.messages {
        message.apply(&mut recorder, &mut |_| {});
    }
    let (before, commands) = recorder.payloads.split_at(set_up);
    let ready = ready(before);
    let rounds = (0..ROUNDS).map(|_| measure(flow, &ready, commands));
    rounds.reduce(|best, round| best.best(&round)).expect("there are rounds")
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
    let mut asked = Vec::with_capacity(commands.len());
    let reading = Laps::of(commands, |payload| asked.push(read(payload)));
    let ([deciding, evolving], decisions) = decide_and_evolve(ready.clone(), asked);
    let writing = Laps::of(&decisions, |decision| drop(black_box(decision.to_json())));
    let json = Laps::of(commands.iter().zip(&decisions), |(payload, decision)| {
        black_box(read(payload));
        black_box(decision.to_json());
    });
    drop(decisions);
    let mut market = ready.clone();
    let engine = Laps::of(commands, |payload| drop(black_box(decided(&mut market, payload))));
    let mut empty = OrderBook::default();
    let book = Laps::of(&flow.messages, |message| {
        message.apply(&mut empty, &mut |event| {
            black_box(event);
        });
    });
    let commands = commands.len();
    Costs { commands, book, json, reading, deciding, evolving, writing, engine }
}

/// What the engine does with a record.
fn decided(engine: &mut Engine, payload: &[u8]) -> Vec<u8> {
    let decision = engine.decide(engine.next_source(), Timestamp(0), read(payload));
    engine.evolve(&decision);
    decision.to_json()
}

fn decide_and_evolve(mut engine: Engine, commands: Vec<Command>) -> ([Laps; 2], Vec<Decision>) {
    let mut decisions = Vec::with_capacity(commands.len());
    let [mut deciding, mut evolving] = [Laps::default(), Laps::default()];
    for (number, command) in commands.into_iter().enumerate() {
        let decision =
            deciding.time(number, || engine.decide(engine.next_source(), Timestamp(0), command));
        evolving.time(number, || engine.evolve(&decision));
        decisions.push(decision);
    }
    ([deciding, evolving], decisions)
}

fn read(payload: &[u8]) -> Command {
    Command::from_json(payload).expect("a command")
}
