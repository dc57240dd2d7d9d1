//! One read of each kind, each of something that both stores of the tests have.

/// Their targets.
pub(crate) const READS: [&str; 13] = [
    "/api/Orders",
    "/api/Orders/customerSearch/ada",
    "/api/Orders/0199f6f2-8e5c-7c3a-9d1e-000000000001",
    "/api/v3/order/0199f6f2-8e5c-7c3a-9d1e-000000000001",
    "/api/v3/orders",
    "/api/v3/orderbook/BTC-EUR",
    "/api/v3/trades/BTC-EUR",
    "/api/v3/ticker/BTC-EUR",
    "/api/v3/candles/BTC-EUR",
    "/api/v3/instruments",
    "/api/v3/instruments/BTC-EUR",
    "/api/v3/accounts/ada",
    "/api/v3/accounts/ada/trades",
];
