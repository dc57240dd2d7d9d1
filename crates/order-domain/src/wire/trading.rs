//! Commands and events of a market as JSON.
//!
//! A command's data: `{"commandId":..,"venue":..,"idempotencyKey":..,"traceParent":..,"request":{..}}`.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{DecodeError, ReadEnvelope};
use crate::trading::command::Request;
use crate::trading::{CommandId, TradingCommand, TradingEvent};
use crate::{IdempotencyKey, TraceParent, VenueId};

/// Ties every variant to its name on the wire, both ways. The version of each is 1.
macro_rules! wire_types {
    ($enum:ident { $($variant:ident = $name:literal,)* }) => {
        impl $enum {
            /// The name on the wire.
            pub const fn type_name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $name,)*
                }
            }

            /// Reads the content of the type called `name`; `None` where there is no such type.
            fn read(name: &str, json: &RawValue) -> Option<Result<Self, serde_json::Error>> {
                match name {
                    $($name => Some(serde_json::from_str(json.get()).map(Self::$variant)),)*
                    _ => None,
                }
            }
        }

        impl Serialize for $enum {
            /// The content alone: its type stands in the envelope.
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$variant(content) => content.serialize(serializer),)*
                }
            }
        }
    };
}

wire_types!(Request {
    ListInstrument = "trading.ListInstrument",
    HaltInstrument = "trading.HaltInstrument",
    ResumeInstrument = "trading.ResumeInstrument",
    OpenAccount = "trading.OpenAccount",
    Deposit = "trading.Deposit",
    Withdraw = "trading.Withdraw",
    PlaceOrder = "trading.PlaceOrder",
    AmendOrder = "trading.AmendOrder",
    CancelOrder = "trading.CancelOrder",
    CancelAll = "trading.CancelAll",
});

wire_types!(TradingEvent {
    CommandTaken = "trading.CommandTaken",
    CommandRefused = "trading.CommandRefused",
    CommandRepeated = "trading.CommandRepeated",
    CommandConflicted = "trading.CommandConflicted",
    InstrumentListed = "trading.InstrumentListed",
    InstrumentHalted = "trading.InstrumentHalted",
    InstrumentResumed = "trading.InstrumentResumed",
    AccountOpened = "trading.AccountOpened",
    BalanceChanged = "trading.BalanceChanged",
    OrderAccepted = "trading.OrderAccepted",
    OrderRejected = "trading.OrderRejected",
    TradeExecuted = "trading.TradeExecuted",
    OrderUpdated = "trading.OrderUpdated",
    OrderAmended = "trading.OrderAmended",
    OrderCancelled = "trading.OrderCancelled",
    OrderClosed = "trading.OrderClosed",
});

impl Request {
    /// The request alone, as it stands in its command.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a request is plain data with string keys")
    }
}

/// A command's data as it is written.
pub(super) struct Written<'a>(pub(super) &'a TradingCommand);

impl Serialize for Written<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Data<'a> {
            command_id: CommandId,
            venue: &'a VenueId,
            #[serde(skip_serializing_if = "Option::is_none")]
            idempotency_key: Option<&'a IdempotencyKey>,
            #[serde(skip_serializing_if = "Option::is_none")]
            trace_parent: Option<&'a TraceParent>,
            request: &'a Request,
        }
        let TradingCommand { command_id, venue, idempotency_key, trace_parent, request } = self.0;
        Data {
            command_id: *command_id,
            venue,
            idempotency_key: idempotency_key.as_ref(),
            trace_parent: trace_parent.as_ref(),
            request,
        }
        .serialize(serializer)
    }
}

impl TradingCommand {
    pub(super) fn from_envelope(envelope: &ReadEnvelope<'_>) -> Result<Self, DecodeError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Data<'a> {
            command_id: CommandId,
            venue: VenueId,
            #[serde(default)]
            idempotency_key: Option<IdempotencyKey>,
            #[serde(default)]
            trace_parent: Option<TraceParent>,
            #[serde(borrow)]
            request: &'a RawValue,
        }
        if !envelope.type_name.starts_with("trading.") {
            return Err(envelope.unknown());
        }
        envelope.check_version(1)?;
        let data: Data<'_> = serde_json::from_str(envelope.data.get())?;
        let request = Request::read(&envelope.type_name, data.request)
            .ok_or_else(|| envelope.unknown())??;
        Ok(Self {
            command_id: data.command_id,
            venue: data.venue,
            idempotency_key: data.idempotency_key,
            trace_parent: data.trace_parent,
            request,
        })
    }
}

impl TradingEvent {
    pub(super) fn from_envelope(envelope: &ReadEnvelope<'_>) -> Result<Self, DecodeError> {
        let event =
            Self::read(&envelope.type_name, envelope.data).ok_or_else(|| envelope.unknown())?;
        envelope.check_version(1)?;
        Ok(event?)
    }
}
