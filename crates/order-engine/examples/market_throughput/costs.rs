//! What a day costs, and how that is shown.

use super::laps::Laps;

/// What the flow of a day costs.
pub struct Costs {
    pub commands: usize,
    /// The flow on the book alone.
    pub book: Laps,
    /// Commands read and decisions written, and nothing else.
    pub json: Laps,
    pub reading: Laps,
    pub deciding: Laps,
    pub evolving: Laps,
    pub writing: Laps,
    /// From bytes to bytes.
    pub engine: Laps,
}

pub fn print_heading(orders: usize) {
    println!("nanoseconds a command; {orders} orders a day");
    println!(
        "{:<12} {:>8} {:>6} {:>6} {:>7} {:>8} {:>8} {:>7} {:>7} {:>9} {:>6} {:>6}",
        "day",
        "commands",
        "book",
        "json",
        "reading",
        "deciding",
        "evolving",
        "writing",
        "engine",
        "engine/s",
        "/book",
        "/json",
    );
}

impl Costs {
    pub fn best(self, other: &Self) -> Self {
        Self {
            commands: self.commands,
            book: self.book.best(&other.book),
            json: self.json.best(&other.json),
            reading: self.reading.best(&other.reading),
            deciding: self.deciding.best(&other.deciding),
            evolving: self.evolving.best(&other.evolving),
            writing: self.writing.best(&other.writing),
            engine: self.engine.best(&other.engine),
        }
    }

    pub fn print(&self, day: &str) {
        println!(
            "{day:<12} {:>8} {:>6.0} {:>6.0} {:>7.0} {:>8.0} {:>8.0} {:>7.0} {:>7.0} {:>9.0} {:>6.1} {:>6.2}",
            self.commands,
            self.nanoseconds(&self.book),
            self.nanoseconds(&self.json),
            self.nanoseconds(&self.reading),
            self.nanoseconds(&self.deciding),
            self.nanoseconds(&self.evolving),
            self.nanoseconds(&self.writing),
            self.nanoseconds(&self.engine),
            self.per_second(&self.engine),
            self.engine.seconds() / self.book.seconds(),
            self.engine.seconds() / self.json.seconds(),
        );
    }

    /// Commands a second.
    pub fn print_json(&self, day: &str) {
        let line = serde_json::json!({
            "day": day,
            "engine": self.per_second(&self.engine),
            "book": self.per_second(&self.book),
            "json": self.per_second(&self.json),
        });
        println!("{line}");
    }

    fn nanoseconds(&self, laps: &Laps) -> f64 {
        1e9 / self.per_second(laps)
    }

    fn per_second(&self, laps: &Laps) -> f64 {
        f64::from(u32::try_from(self.commands).expect("some hundred thousand")) / laps.seconds()
    }
}
