//! Programs of every command and option on the fast book and the plain one, which must not be told
//! apart by anything.
#![no_main]

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use order_book::{
    Limits, NewOrder, OrderId, OrderKind, OwnerId, Price, Quantity, SelfTrade, Side, TimeInForce,
};
use plain_order_book::{Command, Twins};

fuzz_target!(|bytes: &[u8]| {
    let mut input = Unstructured::new(bytes);
    let Ok(limits) = limits(&mut input) else { return };
    let mut twins = Twins::new(limits);
    while !input.is_empty() {
        let Ok(command) = command(&mut input) else { return };
        twins.run(&command);
    }
});

fn limits(input: &mut Unstructured<'_>) -> Result<Limits> {
    let small = Limits { orders_max: input.arbitrary::<u8>()?.into(), matches_max: 3 };
    Ok(if input.ratio(1, 4)? { small } else { Limits::default() })
}

fn command(input: &mut Unstructured<'_>) -> Result<Command> {
    Ok(match input.int_in_range(0..=9)? {
        0..=4 => Command::Submit(order(input)?),
        5 | 6 => Command::Cancel(id(input)?),
        7 => Command::Reduce(id(input)?, quantity(input)?),
        8 => Command::Amend(id(input)?, price(input)?, quantity(input)?),
        _ => Command::Restore,
    })
}

fn order(input: &mut Unstructured<'_>) -> Result<NewOrder> {
    Ok(NewOrder {
        id: id(input)?,
        owner: OwnerId(input.int_in_range(0..=3)?),
        side: *input.choose(&Side::BOTH)?,
        quantity: quantity(input)?,
        kind: kind(input)?,
        self_trade: *input.choose(&[
            SelfTrade::Allow,
            SelfTrade::CancelNewest,
            SelfTrade::CancelOldest,
            SelfTrade::CancelBoth,
            SelfTrade::Decrement,
        ])?,
    })
}

fn kind(input: &mut Unstructured<'_>) -> Result<OrderKind> {
    let time_in_force = match input.int_in_range(0..=9)? {
        0..=4 => TimeInForce::GoodTillCancelled,
        5 => TimeInForce::ImmediateOrCancel,
        6 => TimeInForce::FillOrKill,
        7 => TimeInForce::PostOnly,
        8 => TimeInForce::PostOnlySlide,
        _ => {
            let worst = if input.arbitrary()? { Some(price(input)?) } else { None };
            return Ok(OrderKind::Market { worst });
        }
    };
    Ok(OrderKind::Limit { price: price(input)?, time_in_force })
}

fn id(input: &mut Unstructured<'_>) -> Result<OrderId> {
    Ok(OrderId(match input.ratio(7, 8)? {
        true => input.arbitrary::<u8>()?.into(),
        false => input.arbitrary()?,
    }))
}

fn price(input: &mut Unstructured<'_>) -> Result<Price> {
    Ok(Price(match input.ratio(7, 8)? {
        true => input.arbitrary::<i8>()?.into(),
        false => input.arbitrary()?,
    }))
}

fn quantity(input: &mut Unstructured<'_>) -> Result<Quantity> {
    Ok(Quantity(match input.ratio(15, 16)? {
        true => input.arbitrary::<u8>()?.into(),
        false => input.arbitrary()?,
    }))
}
