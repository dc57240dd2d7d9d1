//! `show`: all of one dead letter.

use std::process::ExitCode;

use clap::Args;
use event_log::dead_letters::HISTORY;
use serde::Serialize;

use super::desk::Desk;
use super::failure;
use super::filter;
use super::json_text;
use super::ledger::State;
use super::letter::Letter;
use super::line::Bytes;
use super::list::Entry;
use super::place::Place;
use super::routes::{Routes, Sendable};
use super::understanding;
use crate::text::{hex, plain, plain_lines, time};

/// How much of a payload that is no text is shown, in bytes.
const BINARY_BYTES_MAX: usize = 512;

/// Show one dead letter: why it failed, each attempt, headers, payload, and where it would go.
#[derive(Args, Debug)]
pub struct ShowArgs {
    /// Its name, such as orders-dlt/0:17.
    #[arg(value_name = "LETTER", value_parser = filter::letter)]
    letter: Place,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    #[serde(flatten)]
    entry: Entry,
    reader: Option<String>,
    trace: Option<String>,
    understood_as: String,
    /// The topic and partition that it would be sent to, or why it can't be.
    goes_to: String,
    history: Vec<ShownAttempt>,
    headers: Vec<(String, Bytes)>,
    payload: Bytes,
}

#[derive(Serialize)]
struct ShownAttempt {
    time: String,
    topic: String,
    cause: String,
}

/// The sub-command.
pub(super) async fn run(desk: &Desk, args: &ShowArgs) -> anyhow::Result<ExitCode> {
    let (mut letter, state) = desk.letter(&args.letter).await?;
    let mut routes = Routes::new(None, desk.deployment.first_retry(), true);
    let goes_to = match routes.of(desk.log().as_ref(), &mut letter).await? {
        Ok(Sendable { route, .. }) => format!("{}/{}", route.topic, route.partition),
        Err(none) => none.to_string(),
    };
    if args.json {
        println!("{}", serde_json::to_string(&shown(&letter, &state, goes_to))?);
    } else {
        print(&letter, &state, &goes_to);
    }
    Ok(ExitCode::SUCCESS)
}

fn shown(letter: &Letter, state: &State, goes_to: String) -> Shown {
    let history = letter.failure.history.iter().map(|attempt| ShownAttempt {
        time: time(attempt.at),
        topic: attempt.topic.clone(),
        cause: attempt.cause.clone(),
    });
    let headers = letter.record.headers.iter();
    Shown {
        entry: Entry::of(letter, state),
        reader: letter.failure.reader.clone(),
        trace: letter.trace(),
        understood_as: understanding::of(letter).to_string(),
        goes_to,
        history: history.collect(),
        headers: headers.map(|(name, value)| (name.to_owned(), Bytes::of(value))).collect(),
        payload: Bytes::of(&letter.content_or_self().payload),
    }
}

fn print(letter: &Letter, state: &State, goes_to: &str) {
    let failure = &letter.failure;
    println!("{}  {state}", letter.place);
    let fact = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            println!("  {name:<10} {}", plain(&value));
        }
    };
    let attempts = failure.attempts.map(|attempts| format!(", attempt {attempts}"));
    let failed = time(letter.record.timestamp) + attempts.as_deref().unwrap_or_default();
    fact("failed", Some(failed));
    fact("cause", Some(failure.cause()));
    fact("reader", failure.reader.clone());
    let origin = failure.origin().map(|origin| match failure.timestamp {
        Some(at) => format!("{origin}, {}", time(at)),
        None => origin.to_string(),
    });
    fact("origin", origin);
    fact("key", Some(letter.key()));
    fact("subject", letter.subject().map(str::to_owned));
    fact("trace", letter.trace());
    fact("is", Some(understanding::of(letter).to_string()));
    fact("goes to", Some(goes_to.to_owned()));
    if !failure.history.is_empty() {
        println!("\nattempts");
        for attempt in &failure.history {
            println!(
                "  {}  {}  {}",
                time(attempt.at),
                plain(&attempt.topic),
                plain(&attempt.cause)
            );
        }
    }
    if let Some(stack_trace) = &failure.stack_trace {
        println!("\nstack trace\n{}", plain_lines(stack_trace));
    }
    println!("\nheaders");
    let names = letter.record.headers.iter().map(|(name, _)| name.chars().count());
    let width = names.max().unwrap_or_default();
    for (name, value) in letter.record.headers.iter() {
        // These two were shown above.
        if name != HISTORY && !name.ends_with("stacktrace") {
            println!("  {:<width$}  {}", plain(name), header(name, value));
        }
    }
    let record = letter.content_or_self();
    let found = if letter.original().is_some() { ", as it failed" } else { "" };
    println!("\npayload, {} bytes{found}", record.payload.len());
    println!("{}", payload(&record.payload));
}

/// A header as text; one of Spring's numbers as such, and anything else as hexadecimal digits.
fn header(name: &str, value: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(value)
        && !text.contains(char::is_control)
    {
        return plain(text);
    }
    let number = failure::binary(value).filter(|_| failure::is_about_failure(name));
    number.map_or_else(
        || {
            let digits: Vec<_> = value.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("0x{}", digits.concat())
        },
        |number| number.to_string(),
    )
}

fn payload(payload: &[u8]) -> String {
    if let Some(pretty) = json_text::pretty(payload) {
        return plain_lines(&pretty);
    }
    match std::str::from_utf8(payload) {
        Ok(text) if !text.contains(|sign: char| sign.is_control() && !sign.is_whitespace()) => {
            plain_lines(text)
        }
        _ => {
            let shown = &payload[..payload.len().min(BINARY_BYTES_MAX)];
            let left_out = payload.len() - shown.len();
            let more = format!("\n... and {left_out} bytes more; export has them all");
            hex(shown) + if left_out > 0 { &more } else { "" }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_and_payloads_are_shown_as_what_they_are() {
        assert_eq!(header("kafka_dlt-original-topic", b"orders"), "orders");
        assert_eq!(header("kafka_dlt-original-partition", &[0, 0, 0, 3]), "3");
        assert_eq!(header("own", &[0, 0, 0, 3]), "0x00000003");
        assert_eq!(payload(br#"{"a":1}"#), "{\n  \"a\": 1\n}");
        assert_eq!(payload(b"hello\nyou"), "hello\nyou");
        assert!(payload(&[0xff; 600]).ends_with("\n... and 88 bytes more; export has them all"));
    }
}
