//! What a market says, in short.

use order_domain::trading::RefusalReason;
use order_domain::trading::event::{OrderState, TradeSide};
use order_domain::{OrderId, TradingEvent};

/// What a decision says.
#[derive(Debug)]
pub struct Answer {
    pub events: Vec<TradingEvent>,
    /// As JSON.
    pub bytes: usize,
}

impl Answer {
    /// The command was taken; these are the other events in short, balances left out.
    #[track_caller]
    pub fn says(&self, expected: &[&str]) {
        let balance = |event: &&TradingEvent| matches!(event, TradingEvent::BalanceChanged(_));
        assert!(matches!(self.events[0], TradingEvent::CommandTaken(_)), "{:?}", self.events);
        let rest = self.events[1..].iter().filter(|event| !balance(event));
        assert_eq!(rest.map(short).collect::<Vec<_>>(), expected);
    }

    #[track_caller]
    pub fn taken(self) {
        assert!(matches!(self.events[0], TradingEvent::CommandTaken(_)), "{:?}", self.events);
    }

    #[track_caller]
    pub fn refused(self, reason: RefusalReason, detail: &str) {
        let [event] = &self.events[..] else { panic!("{:?}", self.events) };
        let (of, words) = match event {
            TradingEvent::OrderRejected(event) => (event.reason, &event.detail),
            TradingEvent::CommandRefused(event) => (event.reason, &event.detail),
            other => panic!("{other:?}"),
        };
        assert_eq!((of, words.as_str()), (reason, detail));
    }
}

fn short(event: &TradingEvent) -> String {
    let id = |order: OrderId| order.0.as_u128();
    let state = |state: &OrderState| {
        let OrderState { version, executed, remaining, executed_value } = state;
        format!("v{version}, {executed} done for {executed_value}, {remaining} open")
    };
    let side =
        |side: &TradeSide| format!("#{} of {} pays {}", id(side.order_id), side.account, side.fee);
    match event {
        TradingEvent::OrderAccepted(event) => match event.price {
            Some(price) => format!("accepted #{} at {price}", id(event.order_id)),
            None => format!("accepted #{}", id(event.order_id)),
        },
        TradingEvent::TradeExecuted(event) => {
            let (maker, taker) = (side(&event.maker), side(&event.taker));
            let (quantity, price) = (event.quantity, event.price);
            format!("trade {}: {quantity} at {price}, {maker}, {taker}", event.trade)
        }
        TradingEvent::OrderUpdated(event) => {
            format!("updated #{}: {}", id(event.order_id), state(&event.state))
        }
        TradingEvent::OrderAmended(event) => {
            let place = if event.kept_place { "in place" } else { "at the back" };
            let (id, price) = (id(event.order_id), event.price);
            format!("amended #{id} to {price} {place}: {}", state(&event.state))
        }
        TradingEvent::OrderCancelled(event) => {
            format!("cancelled {} of #{} by {:?}", event.quantity, id(event.order_id), event.by)
        }
        TradingEvent::OrderClosed(event) => {
            format!("closed #{} {}: {}", id(event.order_id), event.status, state(&event.state))
        }
        TradingEvent::InstrumentListed(event) => format!("listed {}", event.instrument.symbol),
        TradingEvent::InstrumentHalted(event) => format!("halted {}", event.symbol),
        TradingEvent::InstrumentResumed(event) => format!("resumed {}", event.symbol),
        TradingEvent::AccountOpened(event) => format!("opened {}", event.account),
        other => panic!("{other:?}"),
    }
}
