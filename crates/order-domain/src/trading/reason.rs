//! Why a market refused: stable codes that members may rely on.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! refusal_reasons {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)*) => {
        /// Why a market refused a command. The code on the wire never changes its meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum RefusalReason {
            $($(#[$doc])* #[serde(rename = $code)] $name,)*
        }

        impl RefusalReason {
            /// Every reason.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The stable code, such as `insufficient-funds`.
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)*
                }
            }
        }
    };
}

refusal_reasons! {
    /// No instrument of this name is listed.
    UnknownSymbol = "unknown-symbol",
    /// No account of this name is open.
    UnknownAccount = "unknown-account",
    /// No listed instrument has this asset.
    UnknownAsset = "unknown-asset",
    /// No open order of this id is known.
    UnknownOrder = "unknown-order",
    /// The instrument is halted.
    Halted = "halted",
    /// The price is no multiple of the tick size, or out of bounds.
    Tick = "tick",
    /// The quantity is no multiple of the lot size, or out of bounds.
    Lot = "lot",
    /// Price times quantity is below the instrument's minimum, or beyond what can be counted.
    Notional = "notional",
    /// The price is too far from the last trade's.
    Band = "band",
    /// The account has not enough available.
    InsufficientFunds = "insufficient-funds",
    /// The account has an open order of that name.
    DuplicateClientOrderId = "duplicate-client-order-id",
    /// The order was to rest, and would take.
    WouldTake = "would-take",
    /// The order was to be filled whole, and can't be.
    CannotFillWhole = "cannot-fill-whole",
    /// A market order found nothing to trade with.
    NoLiquidity = "no-liquidity",
    /// The order is no longer open: it was executed or cancelled before.
    NotCancellable = "not-cancellable",
    /// The order has moved on since the version the member knows.
    VersionMismatch = "version-mismatch",
    /// The amendment changes nothing, or asks for a quantity of 0.
    InvalidAmendment = "invalid-amendment",
    /// The amount is not above 0, has too many decimal places, or is beyond what can be counted.
    InvalidAmount = "invalid-amount",
    /// The instrument's terms contradict themselves or what is listed already.
    InvalidInstrument = "invalid-instrument",
    /// The market has as many of these as it may have.
    LimitReached = "limit-reached",
    /// The idempotency key was used before, with another body.
    IdempotencyKeyReused = "idempotency-key-reused",
}

impl RefusalReason {
    /// The reason with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.code() == code)
    }
}

impl fmt::Display for RefusalReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
