//! A Redis stream: one lane, whose order Redis itself keeps.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ErrorKind, FromRedisValue, RedisError, Script,
    ServerErrorKind, Value,
};
use traffic_archive::{ArchiveId, Entry, Line, Sequence};
use uuid::Uuid;

use super::lane::Lane;
use super::record::{ARCHIVE, Label, SEQUENCE, parse_entry};
use super::{StreamAddress, StreamError, StreamUrl};

/// The field with the entry's line.
const ENTRY: &str = "entry";

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long Redis may take to answer; it answers everybody one after the other.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// Entries that one call of the script appends, at most: Redis does nothing else meanwhile.
const CALL_ENTRIES_MAX: usize = 512;

/// Bytes of entries that one call appends, give or take one entry.
const CALL_BYTES_MAX: usize = 1 << 20;

/// An entry as Redis takes it, in bytes: its bound for one string is 512 MiB, ours that of a line.
const ENTRY_BYTES_MAX: usize = traffic_archive::LINE_BYTES_MAX;

/// Appends what is not there yet, and refuses what does not follow.
///
/// The fields are those of [`ARCHIVE`], [`SEQUENCE`] and [`ENTRY`], and `key`, the ordering key.
/// ARGV: archive id, sequence number of the first entry, then key and entry of each.
/// Answers with the last sequence number of the stream, as text.
const APPEND: &str = r"
local last = 0
local tail = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
if tail then
  local label = {}
  for i = 1, #tail[2], 2 do label[tail[2][i]] = tail[2][i + 1] end
  if label['replay-archive'] ~= ARGV[1] then
    return redis.error_reply('REPLAYOTHER ' .. tostring(label['replay-archive']))
  end
  last = tonumber(label['replay-sequence'])
elseif redis.call('EXISTS', KEYS[1]) == 1 then
  return redis.error_reply('REPLAYGONE')
end
local sequence = tonumber(ARGV[2])
if sequence > last + 1 then
  return redis.error_reply('REPLAYGAP ' .. string.format('%.0f', last))
end
for i = 3, #ARGV, 2 do
  if sequence > last then
    local text = string.format('%.0f', sequence)
    local added = redis.pcall('XADD', KEYS[1], text .. '-0', 'replay-archive', ARGV[1],
      'replay-sequence', text, 'key', ARGV[i], 'entry', ARGV[i + 1])
    if type(added) == 'table' and added.err then
      if string.find(added.err, 'equal or smaller') then
        return redis.error_reply('REPLAYLOST ' .. text)
      end
      return added
    end
    last = sequence
  end
  sequence = sequence + 1
end
return string.format('%.0f', last)
";

/// Whether the same call may succeed later, without anybody's help.
pub(super) fn is_retryable(error: &RedisError) -> bool {
    matches!(
        error.kind(),
        // An answer that a crash cut short can't be parsed.
        ErrorKind::Io
            | ErrorKind::Parse
            | ErrorKind::Server(
                ServerErrorKind::BusyLoading
                    | ServerErrorKind::TryAgain
                    | ServerErrorKind::MasterDown
                    | ServerErrorKind::ClusterDown
            )
    )
}

/// What is wrong, in a sentence.
pub(super) fn reason(error: &RedisError) -> String {
    match error.kind() {
        ErrorKind::Parse => "what answers is no Redis, or its answer was cut short".to_owned(),
        _ => error.to_string(),
    }
}

/// A stream on a Redis server. A connection that failed is made anew by the next call.
pub(super) struct RedisStream {
    client: Client,
    connection: Option<MultiplexedConnection>,
    name: String,
    /// How long it is waited for altogether.
    patience: Duration,
}

/// An entry of the stream and where it stands.
pub(super) type Found = (Label, Entry);

type Fields = HashMap<Vec<u8>, Vec<u8>>;

impl RedisStream {
    /// Connects to nothing yet.
    pub(super) fn new(address: &StreamAddress) -> Result<Self, StreamError> {
        let StreamUrl::Redis(url) = &address.url else {
            let (text, reason) = (address.to_string(), "it is not on Redis".to_owned());
            return Err(StreamError::Address { text, reason });
        };
        let (name, patience) = (address.name.clone(), address.patience.0);
        Ok(Self { client: Client::open(url.as_str())?, connection: None, name, patience })
    }

    async fn connect(&mut self) -> Result<MultiplexedConnection, RedisError> {
        if let Some(connection) = &self.connection {
            return Ok(connection.clone());
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT.min(self.patience)))
            .set_response_timeout(Some(ANSWER_TIMEOUT.min(self.patience)));
        let connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        self.connection = Some(connection.clone());
        Ok(connection)
    }

    async fn ask<T: FromRedisValue>(&mut self, command: &Cmd) -> Result<T, RedisError> {
        let mut connection = self.connect().await?;
        let answer: Result<Value, _> = command.query_async(&mut connection).await;
        if answer.as_ref().is_err_and(is_retryable) {
            self.connection = None;
        }
        // It came whole: asked for again it would be the same, so this is no failure to try again after.
        let unexpected =
            (ErrorKind::UnexpectedReturnType, "the answer is not of the kind that was expected");
        T::from_redis_value(answer?).map_err(|_| unexpected.into())
    }

    /// What the last entry is; `None` where there is no stream.
    pub(super) async fn tail(&mut self) -> Result<Option<Label>, StreamError> {
        let mut command = redis::cmd("XREVRANGE");
        command.arg(&self.name).arg("+").arg("-").arg("COUNT").arg(1);
        let found: Vec<(String, Fields)> = self.ask(&command).await?;
        if let Some((id, fields)) = found.first() {
            return self.label(id, fields).map(Some);
        }
        let mut command = redis::cmd("EXISTS");
        command.arg(&self.name);
        let emptied: bool = self.ask(&command).await?;
        if emptied { Err(StreamError::TailGone { place: self.place() }) } else { Ok(None) }
    }

    /// Entries from `from` on, `limit` at most; none behind the last.
    pub(super) async fn entries(
        &mut self,
        from: Sequence,
        limit: usize,
    ) -> Result<Vec<Found>, StreamError> {
        let mut command = redis::cmd("XRANGE");
        command.arg(&self.name).arg(format!("{from}-0")).arg("+").arg("COUNT").arg(limit);
        let found: Vec<(String, Fields)> = self.ask(&command).await?;
        let entry = |(id, fields): &(String, Fields)| {
            let label = self.label(id, fields)?;
            let json = fields.get(ENTRY.as_bytes()).map(Vec::as_slice).unwrap_or_default();
            Ok((label, parse_entry(label, json, || self.place_of(id))?))
        };
        found.iter().map(entry).collect()
    }

    /// How many entries there are.
    async fn length(&mut self) -> Result<u64, StreamError> {
        let mut command = redis::cmd("XLEN");
        command.arg(&self.name);
        Ok(self.ask(&command).await?)
    }

    pub(super) fn place(&self) -> String {
        format!("stream {}", self.name)
    }

    fn place_of(&self, id: &str) -> String {
        format!("{}, entry {id},", self.place())
    }

    fn label(&self, id: &str, fields: &Fields) -> Result<Label, StreamError> {
        let text = |name: &str| {
            fields.get(name.as_bytes()).and_then(|value| std::str::from_utf8(value).ok())
        };
        let label = Label::parse(text(ARCHIVE), text(SEQUENCE)).and_then(|label| {
            // Readers seek by the id.
            let expected = format!("{}-0", label.sequence);
            if id == expected { Ok(label) } else { Err(format!("its id should be {expected}")) }
        });
        label.map_err(|reason| StreamError::NotAnEntry { place: self.place_of(id), reason })
    }
}

/// Writes a stream.
pub(super) struct RedisLane {
    stream: RedisStream,
    script: Script,
    archive: ArchiveId,
    last: Option<Sequence>,
}

impl RedisLane {
    /// Looks what is there already.
    pub(super) async fn open(
        address: &StreamAddress,
        archive: ArchiveId,
    ) -> Result<Self, StreamError> {
        let stream = RedisStream::new(address)?;
        let mut lane = Self { stream, script: Script::new(APPEND), archive, last: None };
        lane.settle().await?;
        Ok(lane)
    }

    async fn call(&mut self, lines: &[Line]) -> Result<(), StreamError> {
        let Some(first) = lines.first() else { return Ok(()) };
        // The script counts on from the first.
        for (line, expected) in lines.iter().zip(first.sequence.get()..) {
            if line.sequence.get() != expected {
                let expected = Sequence::new(expected).unwrap_or(Sequence::FIRST);
                return Err(StreamError::Missing { expected, found: line.sequence });
            }
        }
        let mut command = redis::cmd("EVALSHA");
        command.arg(self.script.get_hash()).arg(1).arg(&self.stream.name);
        command.arg(self.archive.to_string()).arg(first.sequence.get());
        for line in lines {
            command.arg(&line.key[..]).arg(&line.json[..]);
        }
        let answer = match self.stream.ask(&command).await {
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                self.load_script().await?;
                self.stream.ask(&command).await
            }
            answer => answer,
        };
        let last: String = answer.map_err(|error| self.refused(error))?;
        self.last = last.parse().ok().or(self.last);
        Ok(())
    }

    async fn load_script(&mut self) -> Result<(), RedisError> {
        let mut connection = self.stream.connect().await?;
        self.script.load_async(&mut connection).await.map(drop)
    }

    /// What the script has said, in our words.
    fn refused(&self, error: RedisError) -> StreamError {
        let place = self.stream.place();
        match (error.code(), error.detail().unwrap_or_default()) {
            (Some("REPLAYGONE"), _) => StreamError::TailGone { place },
            (Some("REPLAYGAP"), last) if let Ok(last) = last.parse::<u64>() => StreamError::Gone {
                expected: Sequence::new(last + 1).unwrap_or(Sequence::FIRST),
                last: self.last.unwrap_or(Sequence::FIRST),
            },
            (Some("REPLAYLOST"), entry) if let Ok(entry) = entry.parse() => {
                StreamError::Gone { expected: entry, last: entry }
            }
            (Some("REPLAYOTHER"), found) if let Ok(found) = found.parse::<Uuid>() => {
                StreamError::OtherArchive { place, found: found.into(), expected: self.archive }
            }
            _ => error.into(),
        }
    }
}

/// So many entries go into the next call, at least one.
fn call_length(lines: &[Line]) -> usize {
    let mut bytes = 0;
    let fitting = lines.iter().take(CALL_ENTRIES_MAX).take_while(|line| {
        let fits = bytes < CALL_BYTES_MAX;
        bytes += line.json.len();
        fits
    });
    fitting.count()
}

#[async_trait]
impl Lane for RedisLane {
    fn last(&self) -> Option<Sequence> {
        self.last
    }

    async fn append(&mut self, mut lines: &[Line]) -> Result<(), StreamError> {
        for Line { sequence, json, .. } in lines {
            let (sequence, bytes, max) = (*sequence, json.len(), ENTRY_BYTES_MAX);
            if bytes > max {
                return Err(StreamError::TooLarge { sequence, bytes, max });
            }
        }
        while !lines.is_empty() {
            let (call, rest) = lines.split_at(call_length(lines));
            self.call(call).await?;
            lines = rest;
        }
        Ok(())
    }

    async fn settle(&mut self) -> Result<(), StreamError> {
        let tail = self.stream.tail().await?;
        if let Some(Label { archive: found, .. }) = tail
            && found != self.archive
        {
            let place = self.stream.place();
            return Err(StreamError::OtherArchive { place, found, expected: self.archive });
        }
        self.last = tail.map(|label| label.sequence);
        Ok(())
    }
    async fn length(&mut self) -> Result<u64, StreamError> {
        self.stream.length().await
    }
}
