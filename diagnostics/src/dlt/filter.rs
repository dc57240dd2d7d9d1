//! Which dead letters are meant.

use std::collections::BTreeSet;
use std::sync::Mutex;

use anyhow::bail;
use clap::Args;
use event_log::Topic;
use event_log::topics::{DEAD_LETTER_MARKS, ORDER_EVENTS, ORDERS};
use jiff::{SignedDuration, Timestamp};

use super::letter::Letter;
use super::place::{InvalidPlace, Place};

/// Which dead letters are meant: those for which every condition that is given holds.
#[derive(Args, Clone, Debug, Default)]
pub struct FilterArgs {
    /// Only these, by name, such as orders-dlt/0:17.
    #[arg(value_name = "LETTER", value_parser = letter)]
    letters: Vec<Place>,
    /// Only those of this dead letter topic; may be repeated. Without it, and without a name:
    /// orders-dlt and order-events-dlt.
    #[arg(long, value_name = "TOPIC", value_parser = topic)]
    topic: Vec<Topic>,
    /// Only those whose cause, kind or words, contains this; case does not matter.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Only those with this key.
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// Only those that became dead letters at this time or later: a time such as
    /// 2026-11-20T08:00:00Z, or how long ago, such as 2h or 30m.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<Timestamp>,
    /// Only those that became dead letters before this time, likewise.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    before: Option<Timestamp>,
}

/// Reads the name of a topic of dead letters. What the services or the desk itself live by is none.
pub(super) fn topic(text: &str) -> Result<Topic, String> {
    let topic = Topic::new(text).map_err(|error| error.to_string())?;
    if [ORDERS, ORDER_EVENTS, DEAD_LETTER_MARKS].contains(&topic) {
        return Err(format!("{topic} is no topic of dead letters"));
    }
    Ok(topic)
}

/// Reads the name of a dead letter.
pub(super) fn letter(text: &str) -> Result<Place, String> {
    let place: Place = text.parse().map_err(|error: InvalidPlace| error.to_string())?;
    topic(place.topic.as_str())?;
    Ok(place)
}

/// Reads the name of a topic that dead letters may be sent to. What the engine and the desk alone write
/// is none.
pub(super) fn target(text: &str) -> Result<Topic, String> {
    let target = Topic::new(text).map_err(|error| error.to_string())?;
    if [ORDER_EVENTS, DEAD_LETTER_MARKS].contains(&target) {
        return Err(format!("nothing but Seriatim itself writes to {target}"));
    }
    Ok(target)
}

/// Reads a time, or how long ago it was.
fn moment(text: &str) -> Result<Timestamp, String> {
    if let Ok(ago) = text.parse::<SignedDuration>() {
        let then = Timestamp::now().checked_sub(ago);
        return then.map_err(|_| format!("no calendar goes back by {text}"));
    }
    text.parse().map_err(|_| {
        "expected a time such as 2026-11-20T08:00:00Z, or how long ago, such as 2h".to_owned()
    })
}

/// The conditions, ready to be asked.
pub(super) struct Filter {
    args: FilterArgs,
    reason: Option<String>,
    /// Of the letters that were named, those that did not come by yet.
    missing: Mutex<BTreeSet<Place>>,
}

impl Filter {
    /// What the arguments say.
    pub(super) fn new(args: &FilterArgs) -> Self {
        let reason = args.reason.as_ref().map(|reason| reason.to_lowercase());
        let missing = Mutex::new(args.letters.iter().cloned().collect());
        Self { args: args.clone(), reason, missing }
    }

    /// This letter and no other.
    pub(super) fn only(letter: Place) -> Self {
        Self::new(&FilterArgs { letters: vec![letter], ..FilterArgs::default() })
    }

    /// Every letter.
    pub(super) fn everything() -> Self {
        Self::new(&FilterArgs::default())
    }

    /// The topics that it names; none where it is left to the desk.
    pub(super) fn topics(&self) -> Vec<Topic> {
        let of_letters = self.args.letters.iter().map(|letter| &letter.topic);
        let named: BTreeSet<&Topic> = self.args.topic.iter().chain(of_letters).collect();
        named.into_iter().cloned().collect()
    }

    /// Whether all conditions hold.
    pub(super) fn lets_through(&self, letter: &Letter) -> bool {
        let FilterArgs { letters, key, since, before, .. } = &self.args;
        if !letters.is_empty() && !letters.contains(&letter.place) {
            return false;
        }
        self.missing
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .remove(&letter.place);
        let at = Timestamp::from_millisecond(letter.record.timestamp.0).ok();
        self.reason
            .as_ref()
            .is_none_or(|reason| letter.failure.cause().to_lowercase().contains(reason))
            && key.as_ref().is_none_or(|key| letter.record.key == key.as_bytes())
            && since.is_none_or(|since| at.is_some_and(|at| at >= since))
            && before.is_none_or(|before| at.is_some_and(|at| at < before))
    }

    /// Fails where a letter was named that did not come by.
    pub(super) fn all_found(&self) -> anyhow::Result<()> {
        let missing = self.missing.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match missing.first() {
            None => Ok(()),
            Some(letter) => bail!("there is no dead letter {letter}, or it is no longer kept"),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use event_log::dead_letters::{EXCEPTION_KIND, EXCEPTION_MESSAGE, ORIGINAL_TOPIC};
    use event_log::{Headers, Record};
    use order_domain::{Offset, Partition, Position};

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        filter: FilterArgs,
    }

    fn filter(line: &[&str]) -> Filter {
        Filter::new(&Line::try_parse_from([&["list"], line].concat()).unwrap().filter)
    }

    fn letter() -> Letter {
        let at: Timestamp = "2026-11-20T08:00:00Z".parse().unwrap();
        let record = Record {
            position: Position::new(Partition(0), Offset(17)),
            timestamp: order_domain::Timestamp(at.as_millisecond()),
            key: "shop/3".into(),
            payload: "{}".into(),
            headers: Headers::new()
                .with(ORIGINAL_TOPIC, "orders")
                .with(EXCEPTION_KIND, "seriatim.UndecodableCommand")
                .with(EXCEPTION_MESSAGE, "malformed: Unexpected end"),
        };
        Letter::of(&event_log::topics::ORDERS_DEAD_LETTERS, record)
    }

    #[test]
    fn every_condition_must_hold() {
        for line in [
            &[][..],
            &["orders-dlt/0:17"],
            &["--reason", "unexpected END"],
            &["--reason", "undecodable"],
            &["--key", "shop/3"],
            &["--since", "2026-11-20T08:00:00Z", "--before", "2026-11-20T08:00:00.001Z"],
        ] {
            assert!(filter(line).lets_through(&letter()), "{line:?}");
        }
        for line in [
            &["orders-dlt/0:18"][..],
            &["--reason", "refused"],
            &["--key", "shop/33"],
            &["--key", "shop/3", "--reason", "refused"],
            &["--since", "2026-11-20T08:00:00.001Z"],
            &["--before", "2026-11-20T08:00:00Z"],
            &["--before", "87600h"],
        ] {
            assert!(!filter(line).lets_through(&letter()), "{line:?}");
        }
    }

    #[test]
    fn what_the_services_live_by_is_no_dead_letter() {
        for live in ["orders", "order-events", "dlt-marks"] {
            let refused = topic(live).unwrap_err();
            assert_eq!(refused, format!("{live} is no topic of dead letters"));
            let name = format!("{live}/0:17");
            assert!(Line::try_parse_from(["list", &name]).is_err(), "{name}");
            assert!(Line::try_parse_from(["list", "--topic", live]).is_err(), "{live}");
        }
        assert!(target("orders").is_ok(), "a command is sent there again");
        assert!(target("order-events").is_err() && target("dlt-marks").is_err());
    }

    #[test]
    fn a_named_letter_names_its_topic_and_must_be_there() {
        let filter = filter(&["orders-dlt/0:17", "orders-dlt/0:18", "--topic", "clicks-dlq"]);
        let topics: Vec<_> = filter.topics().iter().map(Topic::to_string).collect();
        assert_eq!(topics, ["clicks-dlq", "orders-dlt"]);
        assert!(filter.lets_through(&letter()));
        let error = filter.all_found().unwrap_err().to_string();
        assert_eq!(error, "there is no dead letter orders-dlt/0:18, or it is no longer kept");
    }

    #[test]
    fn what_is_no_time_is_refused_in_a_sentence() {
        let wrong = Line::try_parse_from(["list", "--since", "yesterday"]).err().unwrap();
        assert!(wrong.to_string().contains("or how long ago, such as 2h"), "{wrong}");
        let far = Line::try_parse_from(["list", "--since", "999999999999h"]).err().unwrap();
        assert!(far.to_string().contains("no calendar goes back by 999999999999h"), "{far}");
    }
}
