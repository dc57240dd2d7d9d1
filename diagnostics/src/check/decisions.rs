//! Every command has exactly one decision, and it is about that command.

use std::collections::VecDeque;

use event_log::topics::ORDERS;
use event_log::{LogError, Record};
use order_domain::{
    Command, Decision, Event, Fingerprint, Offset, Partition, Position, RecordMark, Timestamp,
    TradingEvent,
};

use super::kind::Kind;
use super::report::Report;
use super::walk::Commands;
use crate::dlt::place::Place;

/// How many of the newest decisions are remembered, to compare a second one with the first.
const REMEMBERED: usize = 65_536;

/// Where a decision stands among the others.
pub(super) enum Order {
    /// It is the first on its command, which is told where it can be read.
    Counts(Option<Box<Command>>),
    /// It says once more what an earlier one said.
    Repeats,
    /// An earlier one counts, or it belongs elsewhere.
    CountsForNothing,
}

/// The decisions of one partition, so far.
pub(super) struct Decisions {
    partition: Partition,
    /// The first command that has no decision yet.
    next_source: Offset,
    /// Whether the first decision that comes tells where history begins.
    begun: bool,
    at: Timestamp,
    /// Sources and content of the newest, oldest first.
    newest: VecDeque<(Offset, RecordMark)>,
    /// Those that came again too late to be compared were told.
    told_too_old: bool,
}

impl Decisions {
    /// None yet. History begins with the first command where it is `whole`, else wherever it begins.
    pub(super) const fn new(partition: Partition, whole: bool) -> Self {
        Self {
            partition,
            next_source: Offset::ZERO,
            begun: whole,
            at: Timestamp(i64::MIN),
            newest: VecDeque::new(),
            told_too_old: false,
        }
    }

    /// The first command that has no decision.
    pub(super) const fn next_source(&self) -> Offset {
        self.next_source
    }

    /// The next decision, which stands at `place`.
    pub(super) async fn see(
        &mut self,
        place: &Place,
        record: &Record,
        decision: &Decision,
        commands: &mut Commands,
        report: &mut Report,
    ) -> Result<Order, LogError> {
        let source = decision.source;
        if source.partition != self.partition {
            let what = format!("it decides {ORDERS}/{source}, of another partition");
            report.found(Kind::WrongSource, place, what);
            return Ok(Order::CountsForNothing);
        }
        if self.begun && source.offset < self.next_source {
            return Ok(self.see_again(place, record, source.offset, report));
        }
        if decision.at < self.at {
            let what = format!("its time is {}, the one before has {}", decision.at.0, self.at.0);
            report.found(Kind::TimeBackwards, place, what);
        }
        self.at = self.at.max(decision.at);
        self.remember(source.offset, content(record));
        let Some(record) = self.advance(place, source.offset, commands, report).await? else {
            return Ok(Order::Counts(None));
        };
        let command = Command::from_json(&record.payload).ok().map(Box::new);
        if let Some(command) = &command {
            compare(place, command, decision, report);
        }
        Ok(Order::Counts(command))
    }

    /// A decision that can't be read, about the command at `source`, where that is known.
    pub(super) async fn pass_over(
        &mut self,
        source: Option<Offset>,
        commands: &mut Commands,
        report: &mut Report,
    ) -> Result<(), LogError> {
        let Some(source) = source.filter(|source| !self.begun || *source >= self.next_source)
        else {
            return Ok(());
        };
        let place = Place::new(&ORDERS, Position::new(self.partition, source));
        self.advance(&place, source, commands, report).await.map(drop)
    }

    /// Moves on to the command at `source` and takes it. Those that are passed have no decision.
    async fn advance(
        &mut self,
        place: &Place,
        source: Offset,
        commands: &mut Commands,
        report: &mut Report,
    ) -> Result<Option<Record>, LogError> {
        let mut undecided = 0;
        let mut first = source;
        while commands.peek().await?.is_some_and(|next| next < source) {
            let Some(passed) = commands.next().await? else { break };
            if self.begun {
                first = first.min(passed.position.offset);
                undecided += 1;
            }
        }
        if undecided > 0 {
            let last = Offset(source.0 - 1);
            let what = match undecided {
                1 => format!("it has no decision, and the command at {source} has"),
                _ => format!("up to {last} none has a decision, and the command at {source} has"),
            };
            let at = Place::new(&ORDERS, Position::new(self.partition, first));
            report.found_many(Kind::UndecidedCommand, undecided, at, what);
        }
        (self.next_source, self.begun) = (source.next(), true);
        if commands.peek().await? == Some(source) {
            return commands.next().await;
        }
        if source >= commands.first {
            let what =
                format!("it decides {ORDERS}/{}:{source}, which is not there", self.partition);
            report.found(Kind::DecisionWithoutCommand, place, what);
        }
        Ok(None)
    }

    /// A decision on a command that has one.
    fn see_again(
        &mut self,
        place: &Place,
        record: &Record,
        source: Offset,
        report: &mut Report,
    ) -> Order {
        match self.newest.binary_search_by_key(&source, |(source, _)| *source) {
            Ok(index) if self.newest[index].1 == content(record) => return Order::Repeats,
            Ok(_) => {
                let position = Position::new(self.partition, source);
                let what = format!("{ORDERS}/{position} was decided before, and otherwise");
                report.found(Kind::ContradictingDecision, place, what);
            }
            Err(_) if !self.told_too_old => {
                self.told_too_old = true;
                report.unchecked(format!(
                    "decisions that come again more than {REMEMBERED} decisions later, such as \
                     {place}: whether they say the same"
                ));
            }
            Err(_) => {}
        }
        Order::CountsForNothing
    }

    fn remember(&mut self, source: Offset, content: RecordMark) {
        if self.newest.len() == REMEMBERED {
            self.newest.pop_front();
        }
        self.newest.push_back((source, content));
    }

    /// What is left is not decided yet; answers how many commands.
    pub(super) async fn finish(
        &mut self,
        commands: &mut Commands,
        report: &mut Report,
    ) -> Result<u64, LogError> {
        let mut undecided = 0;
        while commands.next().await?.is_some() {
            undecided += 1;
        }
        if commands.first > Offset::ZERO {
            report.unchecked(format!(
                "{ORDERS}/{} before {}: retention has removed it, so what was decided on it was not \
                 compared with it",
                self.partition, commands.first
            ));
        }
        Ok(undecided)
    }
}

/// What a decision says, without when it was written.
fn content(record: &Record) -> RecordMark {
    RecordMark::of(Timestamp(0), &[], &record.payload)
}

/// Is the decision about this command? One that could not be read by the build that decided, and can be
/// now, is a dead letter, and nothing more can be said of it.
fn compare(place: &Place, command: &Command, decision: &Decision, report: &mut Report) {
    let Some(first) = decision.events.first() else { return };
    let Some(decided) = first.command_id() else { return };
    if decided != command.command_id() {
        let (source, id) = (decision.source, command.command_id());
        let what = format!("it decides command {}, and {ORDERS}/{source} is {}", decided.0, id.0);
        report.found(Kind::WrongSource, place, what);
    } else if told_otherwise(command, first) {
        let source = decision.source;
        let what = format!("it tells the command at {ORDERS}/{source} otherwise than that is");
        report.found(Kind::AlteredDecision, place, what);
    }
}

/// Whether the decision's first event tells another content than the command has.
fn told_otherwise(command: &Command, first: &Event) -> bool {
    match (command, first) {
        (Command::NewOrder(order), Event::OrderAccepted(event)) => {
            event.order != *order || event.fingerprint != Fingerprint::of(order)
        }
        (Command::NewOrder(order), Event::OrderRejected(event)) => {
            event.order != *order || event.fingerprint != Fingerprint::of(order)
        }
        (Command::Trading(command), Event::Trading(event)) => match event {
            TradingEvent::CommandTaken(event) => event.fingerprint != command.fingerprint(),
            TradingEvent::CommandRefused(event) => event.fingerprint != command.fingerprint(),
            TradingEvent::OrderRejected(event) => event.fingerprint != command.fingerprint(),
            _ => false,
        },
        // Repeated and conflicting ones tell no content.
        (Command::NewOrder(_), _) => matches!(first, Event::Trading(_)),
        (Command::Trading(_), _) => true,
    }
}
