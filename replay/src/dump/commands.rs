//! Records of a topic: commands become requests, entries what they were.

use std::borrow::Cow;

use event_log::{Record, Topic};
use order_domain::Command;
use serde::Serialize;
use traffic_archive::Exchange;

use super::decisions::Decisions;
use super::stretch::time_of;
use super::{Dump, StreamError, TopicReader, to_request};
use crate::rejects;
use crate::stream::LogTopic;

/// A record that can't become a request.
#[derive(Serialize)]
struct Reject<'a> {
    topic: &'a str,
    position: String,
    reason: String,
    payload: &'a str,
}

/// What a topic is read with.
pub(super) struct Commands {
    pub(super) topic: Topic,
    pub(super) records: TopicReader,
    pub(super) decisions: Option<Decisions>,
}

/// All of the stretch.
pub(super) async fn copy(dump: &mut Dump<'_>, mut commands: Commands) -> anyhow::Result<()> {
    while let Some(record) = commands.records.next().await? {
        match commands.request_of(&record).await? {
            Ok(request) => {
                let decided = request.outcome.is_some();
                dump.writer.append(request).await?;
                dump.outcomes += u64::from(decided);
            }
            Err(reason) => dump.reject(commands.topic.as_str(), &record, reason)?,
        }
        dump.progress.advance(1);
    }
    Ok(())
}

impl Commands {
    /// The request with its outcome, or the reason why the record is none.
    async fn request_of(
        &mut self,
        record: &Record,
    ) -> Result<Result<Exchange, String>, StreamError> {
        let Some(at) = time_of(record) else {
            return Ok(Err("its time is in no calendar".to_owned()));
        };
        let command = match Command::from_json(&record.payload) {
            Ok(command) => command,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let Some(mut request) = to_request(&command, at) else {
            return Ok(Err(format!("a seed's {}: no client asked for it", command.type_name())));
        };
        if let Some(decisions) = &mut self.decisions {
            request.outcome = decisions.outcome(record.position, command.command_id()).await?;
        }
        Ok(Ok(request))
    }
}

impl Dump<'_> {
    fn reject(&mut self, topic: &str, record: &Record, reason: String) -> anyhow::Result<()> {
        if self.args.strict {
            let place = format!("{topic}, record {},", record.position);
            return Err(StreamError::NotARequest { place, reason }.into());
        }
        let position = record.position.to_string();
        let payload: Cow<'_, str> = String::from_utf8_lossy(&record.payload);
        let payload = rejects::beginning(&payload);
        Ok(self.rejects.add(&Reject { topic, position, reason, payload })?)
    }
}

/// The decisions of the topic's commands, where they are to be had.
pub(super) async fn decisions(
    commands: &LogTopic,
    named: Option<&Topic>,
) -> Result<Option<Decisions>, StreamError> {
    let of = |topic| LogTopic { topic, ..commands.clone() };
    match named {
        Some(topic) => Decisions::open(of(topic.clone())).await.map(Some),
        // The decisions of another topic are not known by their name.
        None if commands.topic != event_log::topics::ORDERS => Ok(None),
        None => Decisions::open_if_there(of(event_log::topics::ORDER_EVENTS)).await,
    }
}
