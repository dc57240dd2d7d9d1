//! Commands and events as JSON.
//!
//! Every command and every event is an envelope `{"type":"NewOrder","version":1,"data":{...}}`:
//!
//! - `version` is the major version of that type. Fields that are added later don't change it, and a
//!   reader passes over fields that it does not know.
//! - A type that the reader does not know, or a version newer than it reads, is an error that says
//!   so: such a record is a dead letter, to be sent again once the reader has learnt it.
//!
//! The types of a dialect of its own are led by its name: `trading.PlaceOrder`.
//!
//! A decision is `{"type":"Decision","version":1,"data":{"source":..,"at":..,"events":[..]}}`.

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::event::{
    CommandDeadLettered, NewOrderConflicted, NewOrderRepeated, OrderAccepted, OrderRejected,
};
use crate::{
    Command, Decision, Event, NewOrder, Position, Timestamp, TradingCommand, TradingEvent,
};

mod trading;

/// Why bytes are no command or no event that this build can read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Not JSON, or not the shape of its type.
    #[error("malformed: {0}")]
    Malformed(#[from] serde_json::Error),
    /// A type this build has never heard of.
    #[error("unknown type {0:?}")]
    UnknownType(String),
    /// A version this build does not read.
    #[error(
        "{type_name} version {version} is not among the versions that can be read (1 to {newest})"
    )]
    UnsupportedVersion {
        /// The envelope's type.
        type_name: String,
        /// The envelope's version.
        version: u32,
        /// The newest version that this build reads.
        newest: u32,
    },
    /// A decision without an event.
    #[error("a decision has at least one event")]
    NoEvents,
}

#[derive(Deserialize)]
struct ReadEnvelope<'a> {
    #[serde(rename = "type", borrow)]
    type_name: Cow<'a, str>,
    version: u32,
    #[serde(borrow)]
    data: &'a RawValue,
}

#[derive(Serialize)]
struct WrittenEnvelope<T> {
    #[serde(rename = "type")]
    type_name: &'static str,
    version: u32,
    data: T,
}

impl ReadEnvelope<'_> {
    fn data<T: DeserializeOwned>(&self, newest: u32) -> Result<T, DecodeError> {
        self.check_version(newest)?;
        Ok(serde_json::from_str(self.data.get())?)
    }

    fn check_version(&self, newest: u32) -> Result<(), DecodeError> {
        if (1..=newest).contains(&self.version) {
            return Ok(());
        }
        Err(DecodeError::UnsupportedVersion {
            type_name: self.type_name.to_string(),
            version: self.version,
            newest,
        })
    }

    fn unknown(&self) -> DecodeError {
        DecodeError::UnknownType(self.type_name.to_string())
    }
}

impl Command {
    /// The wire name of the command's type.
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::NewOrder(_) => "NewOrder",
            Self::Trading(command) => command.request.type_name(),
        }
    }

    /// The command as the payload of a record.
    pub fn to_json(&self) -> Vec<u8> {
        match self {
            Self::NewOrder(order) => encode(self.type_name(), 1, order),
            Self::Trading(command) => encode(self.type_name(), 1, trading::Written(command)),
        }
    }

    /// Reads a record's payload.
    pub fn from_json(payload: &[u8]) -> Result<Self, DecodeError> {
        let envelope: ReadEnvelope<'_> = serde_json::from_slice(payload)?;
        match envelope.type_name.as_ref() {
            "NewOrder" => Ok(Self::NewOrder(envelope.data::<NewOrder>(1)?)),
            _ => TradingCommand::from_envelope(&envelope).map(Self::Trading),
        }
    }
}

impl Event {
    /// The wire name of the event's type.
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::OrderAccepted(_) => "OrderAccepted",
            Self::OrderRejected(_) => "OrderRejected",
            Self::NewOrderRepeated(_) => "NewOrderRepeated",
            Self::NewOrderConflicted(_) => "NewOrderConflicted",
            Self::CommandDeadLettered(_) => "CommandDeadLettered",
            Self::Trading(event) => event.type_name(),
        }
    }

    fn from_envelope(envelope: &ReadEnvelope<'_>) -> Result<Self, DecodeError> {
        Ok(match envelope.type_name.as_ref() {
            "OrderAccepted" => Self::OrderAccepted(envelope.data::<OrderAccepted>(1)?),
            "OrderRejected" => Self::OrderRejected(envelope.data::<OrderRejected>(1)?),
            "NewOrderRepeated" => Self::NewOrderRepeated(envelope.data::<NewOrderRepeated>(1)?),
            "NewOrderConflicted" => {
                Self::NewOrderConflicted(envelope.data::<NewOrderConflicted>(1)?)
            }
            "CommandDeadLettered" => {
                Self::CommandDeadLettered(envelope.data::<CommandDeadLettered>(1)?)
            }
            _ => Self::Trading(TradingEvent::from_envelope(envelope)?),
        })
    }
}

impl Serialize for Event {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        fn put<T: Serialize, S: serde::Serializer>(
            type_name: &'static str,
            data: &T,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            WrittenEnvelope { type_name, version: 1, data }.serialize(serializer)
        }
        let type_name = self.type_name();
        match self {
            Self::OrderAccepted(event) => put(type_name, event, serializer),
            Self::OrderRejected(event) => put(type_name, event, serializer),
            Self::NewOrderRepeated(event) => put(type_name, event, serializer),
            Self::NewOrderConflicted(event) => put(type_name, event, serializer),
            Self::CommandDeadLettered(event) => put(type_name, event, serializer),
            Self::Trading(event) => put(type_name, event, serializer),
        }
    }
}

impl Decision {
    /// The wire name of a decision.
    pub const TYPE_NAME: &'static str = "Decision";

    /// The decision as the payload of a record.
    pub fn to_json(&self) -> Vec<u8> {
        #[derive(Serialize)]
        struct Written<'a> {
            source: Position,
            at: Timestamp,
            events: &'a [Event],
        }
        let data = Written { source: self.source, at: self.at, events: &self.events };
        encode(Self::TYPE_NAME, 1, data)
    }

    /// Whether a payload says that it is a decision, of whatever version and content.
    pub fn is_one(payload: &[u8]) -> bool {
        serde_json::from_slice::<ReadEnvelope<'_>>(payload)
            .is_ok_and(|envelope| envelope.type_name == Self::TYPE_NAME)
    }

    /// Reads a record's payload.
    pub fn from_json(payload: &[u8]) -> Result<Self, DecodeError> {
        #[derive(Deserialize)]
        struct Read<'a> {
            source: Position,
            at: Timestamp,
            #[serde(borrow)]
            events: Vec<ReadEnvelope<'a>>,
        }
        let envelope: ReadEnvelope<'_> = serde_json::from_slice(payload)?;
        if envelope.type_name != Self::TYPE_NAME {
            return Err(envelope.unknown());
        }
        envelope.check_version(1)?;
        let data: Read<'_> = serde_json::from_str(envelope.data.get())?;
        if data.events.is_empty() {
            return Err(DecodeError::NoEvents);
        }
        let events = data.events.iter().map(Event::from_envelope).collect::<Result<_, _>>()?;
        Ok(Self { source: data.source, at: data.at, events })
    }
}

fn encode<T: Serialize>(type_name: &'static str, version: u32, data: T) -> Vec<u8> {
    let mut json = Vec::with_capacity(1_024);
    serde_json::to_writer(&mut json, &WrittenEnvelope { type_name, version, data })
        .expect("domain types have string keys only and a Vec never fails to grow");
    json
}
