//! How far a rebuild is, on stderr, and what came of it, on stdout.

use std::fmt::Display;
use std::io::{IsTerminal as _, Write as _, stderr, stdout};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use measure::Progress;
use order_store::content::{Difference, RowDifference, TableComparison};
use order_store::generations::{Generation, GenerationEntry};
use serde_json::{Map, Value, json};

use super::verdict::Verdict;

/// How often a line tells how far it is, where there is no terminal for a bar.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Tells it as text or as JSON.
pub(super) struct Telling {
    json: bool,
    stage: Mutex<Stage>,
    /// What was found so far, for the one object of JSON that is printed.
    found: Mutex<Map<String, Value>>,
}

/// What is being done.
struct Stage {
    what: &'static str,
    bar: Progress,
    done: u64,
    total: u64,
    began: Instant,
    told: Instant,
}

impl Telling {
    pub(super) fn new(json: bool) -> Self {
        Self { json, stage: Mutex::new(Stage::new("", 0, false)), found: Mutex::default() }
    }

    /// `what` is done to `total` things from now on.
    pub(super) fn begin(&self, what: &'static str, total: u64) {
        let shown = !self.json && stderr().is_terminal();
        *self.stage() = Stage::new(what, total, shown);
    }

    /// So many more are done.
    pub(super) fn advance(&self, more: u64) {
        let mut stage = self.stage();
        stage.done += more;
        stage.bar.advance(more);
        if stage.told.elapsed() >= LINE_EVERY && (self.json || !stderr().is_terminal()) {
            stage.told = Instant::now();
            let line = if self.json { stage.as_json().to_string() } else { stage.as_text() };
            // Where nobody reads it any more, the work goes on all the same.
            let _ = writeln!(stderr(), "{line}");
        }
    }

    /// A few words about what is being done.
    pub(super) fn say(&self, words: &'static str) {
        self.stage().bar.say(words);
    }

    /// A generation was filled.
    pub(super) fn fill(&self, generation: Generation, events: u64, took: Duration) {
        self.stage().bar.finish();
        let seconds = took.as_secs_f64();
        self.find("generation", json!(generation.0));
        self.find("events", json!(events));
        self.find("seconds", json!(seconds));
        self.print(&format!(
            "generation {generation}: {events} events projected in {seconds:.1} s"
        ));
    }

    /// Two generations were compared.
    pub(super) fn verdict(
        &self,
        live: Generation,
        verdict: &Verdict,
        refused: usize,
        waiting: usize,
    ) {
        self.stage().bar.finish();
        self.find("live", json!(live.0));
        self.find("same", json!(verdict.is_same() && refused == 0));
        self.find("tables", verdict.tables.iter().map(table_json).collect());
        self.find("differences", verdict.rows.iter().map(row_json).collect());
        self.find("refusedOrders", json!(refused));
        self.find("waitingOrders", json!(waiting));
        for table in &verdict.tables {
            self.print(&table_text(table));
            for row in verdict.rows.iter().filter(|row| row.table == table.table) {
                self.print(&row_text(row));
            }
        }
        if refused > 0 {
            self.print(&format!("refused: {refused} orders that generation {live} has taken"));
        }
        if waiting > 0 {
            self.print(&format!(
                "{waiting} orders wait for a retry in generation {live}: what their events touch may \
                 differ"
            ));
        }
    }

    /// It is over: `to` is live, or `live` still is, though both may be the `same`.
    pub(super) fn end(&self, live: Generation, to: Generation, same: bool, switched: bool) {
        self.stage().bar.finish();
        self.find("live", json!(if switched { to.0 } else { live.0 }));
        self.find("switched", json!(switched));
        if self.json {
            print(Value::Object(std::mem::take(&mut *self.found())));
        } else if switched {
            print(format_args!(
                "generation {to} is live now; generation {live} stays until `order-processor rebuild \
                 --drop-old`"
            ));
        } else if same {
            print(format_args!(
                "generation {live} is still live; without --diff, generation {to} would be now"
            ));
        } else {
            print(format_args!(
                "not switched: generation {live} is still live. --diff shows the first rows that \
                 differ; --force switches all the same"
            ));
        }
    }

    /// What was to be switched to is live, and was before.
    pub(super) fn already(&self, live: Generation) {
        if self.json {
            print(json!({ "live": live.0, "switched": false }));
        } else {
            print(format_args!("generation {live} is live already"));
        }
    }

    /// These generations are gone.
    pub(super) fn dropped(&self, gone: &[GenerationEntry]) {
        if self.json {
            let gone: Vec<u32> = gone.iter().map(|entry| entry.generation.0).collect();
            print(json!({ "dropped": gone }));
            return;
        }
        for entry in gone {
            print(format_args!("generation {} is dropped", entry.generation));
        }
        if gone.is_empty() {
            print("there is no generation but the live one");
        }
    }

    /// The generations that there are.
    pub(super) fn list(&self, entries: &[GenerationEntry]) {
        if self.json {
            let entry = |entry: &GenerationEntry| json!({ "generation": entry.generation.0, "state": entry.state.name() });
            print(entries.iter().map(entry).collect::<Value>());
            return;
        }
        for entry in entries {
            print(format_args!("generation {}: {}", entry.generation, entry.state.name()));
        }
    }

    /// For a person.
    fn print(&self, line: &str) {
        if !self.json {
            print(line);
        }
    }

    fn find(&self, name: &str, value: Value) {
        self.found().insert(name.to_owned(), value);
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn found(&self) -> MutexGuard<'_, Map<String, Value>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A line on stdout. Where nobody reads it any more, the work goes on all the same, and its exit code tells
/// how it ended.
fn print(line: impl Display) {
    let _ = writeln!(stdout(), "{line}");
}

impl Stage {
    fn new(what: &'static str, total: u64, shown: bool) -> Self {
        let bar = if shown { Progress::new(what, Some(total)) } else { Progress::hidden() };
        let now = Instant::now();
        Self { what, bar, done: 0, total, began: now, told: now }
    }

    /// How many a second so far.
    #[allow(clippy::cast_precision_loss)] // Exact up to 2^53 events.
    fn rate(&self) -> f64 {
        self.done as f64 / self.began.elapsed().as_secs_f64().max(0.001)
    }

    #[allow(clippy::cast_precision_loss)] // Exact up to 2^53 events.
    fn seconds_left(&self) -> f64 {
        self.total.saturating_sub(self.done) as f64 / self.rate().max(0.001)
    }

    fn as_text(&self) -> String {
        let Self { what, done, total, .. } = self;
        let (rate, left) = (self.rate(), self.seconds_left());
        format!("{what}: {done} of {total}, {rate:.0}/s, {left:.0} s left")
    }

    fn as_json(&self) -> Value {
        let Self { what, done, total, .. } = self;
        let (rate, left) = (self.rate().round(), self.seconds_left().round());
        json!({ "doing": what, "done": done, "total": total, "perSecond": rate, "secondsLeft": left })
    }
}

fn table_text(found: &TableComparison) -> String {
    let (table, rows) = (found.table, found.left.rows());
    if found.columns.is_empty() {
        return format!("{table}: not compared, its schemas differ");
    }
    let left_out = found.left_out();
    let but = if left_out.is_empty() {
        String::new()
    } else {
        format!(" (but for {}, which only one schema has)", left_out.join(", "))
    };
    if found.is_same() {
        return format!("{table}: {rows} rows, content {}, the same{but}", found.left.hash());
    }
    let (new_rows, live, new) = (found.right.rows(), found.left.hash(), found.right.hash());
    format!("{table}: DIFFERENT: live {rows} rows, {live}; new {new_rows} rows, {new}{but}")
}

fn table_json(found: &TableComparison) -> Value {
    json!({
        "table": found.table.name(),
        "compared": !found.columns.is_empty(),
        "leftOut": found.left_out(),
        "same": found.is_same(),
        "live": { "rows": found.left.rows(), "hash": found.left.hash().to_string() },
        "new": { "rows": found.right.rows(), "hash": found.right.hash().to_string() },
    })
}

fn row_text(row: &RowDifference) -> String {
    let key: Vec<_> = row.key.iter().map(|(name, value)| format!("{name} {value}")).collect();
    let how = match &row.difference {
        Difference::OnlyLeft => "only in the live generation".to_owned(),
        Difference::OnlyRight => "only in the new generation".to_owned(),
        Difference::Values(values) => {
            let value = |(name, live, new): &(&str, _, _)| format!("{name} live {live}, new {new}");
            values.iter().map(value).collect::<Vec<_>>().join("; ")
        }
    };
    format!("  {}: {how}", key.join(", "))
}

fn row_json(row: &RowDifference) -> Value {
    let key: Map<String, Value> =
        row.key.iter().map(|(name, value)| ((*name).to_owned(), value_json(value))).collect();
    let (how, values) = match &row.difference {
        Difference::OnlyLeft => ("only-live", Vec::new()),
        Difference::OnlyRight => ("only-new", Vec::new()),
        Difference::Values(values) => ("values", values.clone()),
    };
    let value = |(name, live, new): &(&str, _, _)| {
        let sides = json!({ "live": value_json(live), "new": value_json(new) });
        ((*name).to_owned(), sides)
    };
    let values: Map<String, Value> = values.iter().map(value).collect();
    json!({ "table": row.table.name(), "key": key, "difference": how, "values": values })
}

/// Numbers as text, because JSON's readers may round 64 bits.
fn value_json(value: &order_store::content::ContentValue<'_>) -> Value {
    use order_store::content::ContentValue;
    match value {
        ContentValue::Null => Value::Null,
        ContentValue::Number(number) => json!(number.to_string()),
        ContentValue::Text(text) => json!(text),
        ContentValue::Id(id) => json!(id.to_string()),
    }
}
