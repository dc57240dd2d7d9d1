//! `edit`: a dead letter gets a copy with another payload, which takes its place.

use std::io::{IsTerminal as _, Write as _, stdin};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, bail, ensure};
use bytes::Bytes;
use clap::Args;
use event_log::{Headers, NewRecord, RECORD_BYTES_MAX, Record};
use service_kit::exit::Usage;
use tempfile::NamedTempFile;

use super::ask::answer;
use super::desk::Desk;
use super::filter;
use super::json_text;
use super::ledger::{OWN_HEADERS, State};
use super::letter::{EDIT_OF, Letter};
use super::place::Place;
use super::understanding::{self, Understanding};

/// Edit a dead letter's payload in $VISUAL or $EDITOR.
///
/// What is written is accepted only if it can be read now: as a command (orders-dlt), as the same
/// command's decision (order-events-dlt), as JSON (of another system, where it was JSON before). The
/// original stays as it is; the edited copy is a dead letter of its own, which names it and is sent in
/// its place.
#[derive(Args, Debug)]
pub struct EditArgs {
    /// Its name, such as orders-dlt/0:17.
    #[arg(value_name = "LETTER", value_parser = filter::letter)]
    letter: Place,
    /// Take the new payload from this file instead of an editor.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

/// The sub-command.
pub(super) async fn run(desk: &Desk, args: &EditArgs) -> anyhow::Result<ExitCode> {
    let (mut letter, state) = desk.letter(&args.letter).await?;
    must_wait(&letter, &state)?;
    letter.look_up(desk.log().as_ref()).await?;
    let before = letter.content().with_context(|| {
        format!("of {} only headers were kept, and the record is gone", letter.place)
    })?;
    let edited = match &args.file {
        Some(path) => {
            let read =
                std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
            let payload = tidied(&letter, read);
            Some(replacement(&letter, payload).map_err(|why| anyhow::anyhow!("{why}"))?)
        }
        None => by_hand(&letter)?,
    };
    let Some(record) = edited.filter(|record| record.payload != before.payload) else {
        println!("nothing has changed");
        return Ok(ExitCode::SUCCESS);
    };
    let copy = desk.alone(async |_| append(desk, &letter, record).await).await?;
    println!("{} takes the place of {}: {}", copy.place, letter.place, understanding::of(&copy));
    Ok(ExitCode::SUCCESS)
}

fn must_wait(letter: &Letter, state: &State) -> anyhow::Result<()> {
    ensure!(
        *state == State::Waiting,
        "{} can't be edited, since it does not wait: {state}",
        letter.place
    );
    Ok(())
}

/// Only for who holds the lease.
async fn append(desk: &Desk, letter: &Letter, record: NewRecord) -> anyhow::Result<Letter> {
    let (now, state) = desk.letter(&letter.place).await?;
    must_wait(&now, &state)?;
    let Place { topic, position } = &letter.place;
    let appended = desk.log().append_all(topic, position.partition, vec![record.clone()]).await?;
    let Some(appended) = appended.first() else { bail!("the log did not answer") };
    let NewRecord { key, payload, headers } = record;
    let (position, timestamp) = (appended.position, appended.timestamp);
    Ok(Letter::of(topic, Record { position, timestamp, key, payload, headers }))
}

/// The copy of `letter` with another payload, or why that would not do.
pub(super) fn replacement(letter: &Letter, payload: Bytes) -> Result<NewRecord, String> {
    let before = letter.content_or_self();
    let record = Record { payload: payload.clone(), ..letter.record.clone() };
    let edited = Letter::of(&letter.place.topic, record);
    let understanding = understanding::of(&edited);
    match &understanding {
        Understanding::Fails(error) => return Err(format!("it can't be read: {error}")),
        Understanding::Decision(decision) => {
            let of = letter.record.headers.get_text("ce_id");
            let source = decision.source.to_string();
            if decision.source.partition != letter.place.position.partition
                || of.is_some_and(|of| of != source)
            {
                let of = of.unwrap_or("another partition");
                return Err(format!("it is the decision of orders/{source}, not of {of}"));
            }
        }
        Understanding::Foreign
            if json_text::is_json(&before.payload) && !json_text::is_json(&payload) =>
        {
            return Err("it was JSON, and no longer is".to_owned());
        }
        Understanding::Command(_) | Understanding::Foreign => {}
    }
    // A command goes to the engine of its venue.
    let venue = understanding.venue().map(|venue| Bytes::from(venue.as_str().to_owned()));
    let key = venue.unwrap_or_else(|| before.key.clone());
    let mut headers = Headers::new();
    // Where the record stands elsewhere, it has headers of its own there.
    let elsewhere = letter.original().map(|original| &original.headers);
    for (name, value) in
        letter.record.headers.iter().chain(elsewhere.into_iter().flat_map(Headers::iter))
    {
        if !OWN_HEADERS.contains(&name) {
            headers.push(name.to_owned(), value.clone());
        }
    }
    headers.push(EDIT_OF, letter.place.to_string());
    let record = NewRecord { key, payload, headers };
    if record.size() > RECORD_BYTES_MAX {
        return Err(format!("a record has {RECORD_BYTES_MAX} bytes at most"));
    }
    Ok(record)
}

/// JSON is compact again; to other text, an editor may have added a line's end.
fn tidied(letter: &Letter, mut edited: Vec<u8>) -> Bytes {
    let before = &letter.content_or_self().payload;
    if let Some(compact) = json_text::compact(&edited) {
        return match json_text::compact(before) {
            Some(unchanged) if unchanged == compact => before.clone(),
            _ => compact.into(),
        };
    }
    if !before.ends_with(b"\n") && edited.ends_with(b"\n") {
        edited.pop();
    }
    edited.into()
}

/// Lets a person edit until the result will do; `None` where they give up. What they wrote is kept
/// where nobody can be asked.
fn by_hand(letter: &Letter) -> anyhow::Result<Option<NewRecord>> {
    let before = &letter.content_or_self().payload;
    let pretty = json_text::pretty(before);
    let suffix = if pretty.is_some() { ".json" } else { ".txt" };
    let mut file = tempfile::Builder::new().prefix("dead-letter-").suffix(suffix).tempfile()?;
    match pretty {
        Some(pretty) => writeln!(file, "{pretty}")?,
        None => file.write_all(before)?,
    }
    file.flush()?;
    loop {
        run_editor(file.path())?;
        let left = std::fs::read(file.path()).context("reading what the editor left")?;
        let payload = tidied(letter, left);
        if payload == *before {
            return Ok(None);
        }
        let why = match replacement(letter, payload) {
            // Who empties a file in an editor mostly means to give up.
            Ok(record) if record.payload.is_empty() => "it is empty now".to_owned(),
            Ok(record) => return Ok(Some(record)),
            Err(why) => why,
        };
        if !stdin().is_terminal() {
            return Err(kept(file, &why));
        }
        eprintln!("{why}");
        if matches!(answer("Edit again? [Y/n] ")?.as_str(), "n" | "no") {
            return Ok(None);
        }
    }
}

fn kept(file: NamedTempFile, why: &str) -> anyhow::Error {
    match file.keep() {
        Ok((_, path)) => anyhow::anyhow!("{why}; what was written is kept in {}", path.display()),
        Err(error) => anyhow::anyhow!("{why}; what was written is lost: {error}"),
    }
}

/// The editor may be several words, such as `code --wait`.
fn run_editor(path: &Path) -> anyhow::Result<()> {
    let named = ["VISUAL", "EDITOR"].into_iter().filter_map(std::env::var_os);
    let Some(editor) = named.into_iter().find(|editor| !editor.is_empty()) else {
        let why = "no editor is named: set VISUAL or EDITOR, or give --file";
        return Err(Usage::new(why).into());
    };
    let mut line = editor.clone();
    line.push(" \"$1\"");
    let status = Command::new("sh").arg("-c").arg(line).arg("sh").arg(path).status();
    let status = status.context("running the editor")?;
    ensure!(
        status.success(),
        "the editor {} ended with {status}: nothing was changed",
        editor.display()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use event_log::Topic;
    use event_log::topics::{ORDER_EVENTS_DEAD_LETTERS, ORDERS_DEAD_LETTERS};
    use order_domain::{Offset, Partition, Position, Timestamp};

    use super::super::letter::IMPORTED;
    use super::*;

    const COMMAND: &str =
        include_str!("../../../crates/order-domain/tests/golden/new-order.v1.json");
    const DECISION: &str =
        include_str!("../../../crates/order-domain/tests/golden/order-accepted.v1.json");

    fn letter(topic: &Topic, payload: &'static str, headers: Headers) -> Letter {
        let record = Record {
            position: Position::new(Partition(0), Offset(17)),
            timestamp: Timestamp(0),
            key: "old".into(),
            payload: payload.into(),
            headers,
        };
        Letter::of(topic, record)
    }

    #[test]
    fn a_command_must_be_one_and_brings_its_key() {
        let headers = Headers::new().with("ce_id", "7").with(EDIT_OF, "x/0:0").with(IMPORTED, "y");
        let letter = letter(&ORDERS_DEAD_LETTERS, "{", headers);
        let refused = replacement(&letter, "{\"type\":\"NewOrdre\"}".into()).unwrap_err();
        assert!(refused.starts_with("it can't be read: malformed"), "{refused}");
        let record = replacement(&letter, COMMAND.into()).unwrap();
        let command = order_domain::Command::from_json(COMMAND.as_bytes()).unwrap();
        assert_eq!(record.key, command.venue().as_str());
        let headers: Vec<_> =
            record.headers.iter().map(|(name, value)| (name, &value[..])).collect();
        assert_eq!(headers, [("ce_id", &b"7"[..]), (EDIT_OF, b"orders-dlt/0:17")]);
    }

    #[test]
    fn a_decision_must_be_that_of_the_same_command() {
        let source = order_domain::Decision::from_json(DECISION.as_bytes()).unwrap().source;
        let on = |ce_id: String| {
            let mut letter =
                letter(&ORDER_EVENTS_DEAD_LETTERS, "{}", Headers::new().with("ce_id", ce_id));
            letter.place.position.partition = source.partition;
            replacement(&letter, DECISION.into())
        };
        assert_eq!(on(source.to_string()).unwrap().key, "old");
        let refused = on("3:1".to_owned()).unwrap_err();
        assert_eq!(refused, format!("it is the decision of orders/{source}, not of 3:1"));
    }

    #[test]
    fn json_of_another_system_stays_json_and_other_text_is_free() {
        let topic = Topic::new("clicks-dlq").unwrap();
        let json = letter(&topic, "{\"a\": 1}", Headers::new());
        assert!(replacement(&json, "{\"a\":".into()).is_err());
        assert_eq!(replacement(&json, "{\"a\":2}".into()).unwrap().key, "old");
        let text = letter(&topic, "hello", Headers::new());
        assert!(replacement(&text, "you".into()).is_ok());
        assert_eq!(tidied(&text, b"you\n".to_vec()), "you");
        assert_eq!(tidied(&json, b"{\n \"a\":   1\n}\n".to_vec()), "{\"a\": 1}", "unchanged");
        assert_eq!(tidied(&json, b"{\n \"a\":   2\n}\n".to_vec()), "{\"a\":2}");
    }
}
