//! Whether whoever reads a letter next would understand it.

use std::fmt;

use event_log::topics::{ORDER_EVENTS_DEAD_LETTERS, ORDERS_DEAD_LETTERS};
use order_domain::wire::DecodeError;
use order_domain::{Command, Decision, Event, VenueId};

use super::letter::Letter;

/// What this build makes of a payload.
pub(super) enum Understanding {
    /// A command.
    Command(Box<Command>),
    /// A decision.
    Decision(Box<Decision>),
    /// It should be one of the two, and is not.
    Fails(DecodeError),
    /// Nobody here knows what it should be.
    Foreign,
}

/// What this build makes of a letter.
pub(super) fn of(letter: &Letter) -> Understanding {
    let payload = &letter.record.payload;
    let read = match &letter.place.topic {
        topic if *topic == ORDERS_DEAD_LETTERS => {
            Command::from_json(payload).map(|command| Understanding::Command(Box::new(command)))
        }
        topic if *topic == ORDER_EVENTS_DEAD_LETTERS => {
            Decision::from_json(payload).map(|decision| Understanding::Decision(Box::new(decision)))
        }
        _ => Ok(Understanding::Foreign),
    };
    read.unwrap_or_else(Understanding::Fails)
}

impl Understanding {
    /// The venue of a command, which is the key it needs.
    pub(super) fn venue(&self) -> Option<&VenueId> {
        match self {
            Self::Command(command) => Some(command.venue()),
            _ => None,
        }
    }
}

impl fmt::Display for Understanding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(command) => {
                write!(f, "{} {}", command.type_name(), command.command_id().0)?;
                write!(f, " of {}", command.venue())
            }
            Self::Decision(decision) => {
                let events: Vec<_> = decision.events.iter().map(Event::type_name).collect();
                write!(f, "the decision of orders/{}: {}", decision.source, events.join(", "))
            }
            Self::Fails(error) => write!(f, "can't be read: {error}"),
            Self::Foreign => f.write_str("unknown to Seriatim"),
        }
    }
}
