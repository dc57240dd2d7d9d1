//! Accounts: opened, paid into, paid out of.

use order_domain::trading::RefusalReason;

use super::words::{Market, asset, buy};

#[test]
fn an_account_is_opened_once() {
    let mut market = Market::usual();
    market.open("dave").says(&["opened dave"]);
    market.open("dave").says(&[]);
    market.has("dave", "EUR", "0", "0");
}

#[test]
fn deposits_and_withdrawals_change_what_is_available_and_what_there_is() {
    let mut market = Market::usual();
    market.deposit("ada", "0.05", "EUR").says(&[]);
    market.has("ada", "EUR", "10000.05", "0");
    assert_eq!(market.view().supply(&asset("EUR")).unwrap().to_string(), "30000.05");
    market.withdraw("ada", "10000.05", "EUR").says(&[]);
    market.has("ada", "EUR", "0", "0");
    assert_eq!(market.view().supply(&asset("EUR")).unwrap().to_string(), "20000");
}

#[test]
fn accounts_and_assets_must_be_known() {
    let mut market = Market::usual();
    let unknown = "no account dave is open";
    market.deposit("dave", "1", "EUR").refused(RefusalReason::UnknownAccount, unknown);
    market.withdraw("dave", "1", "EUR").refused(RefusalReason::UnknownAccount, unknown);
    let unknown = "no listed instrument has USD";
    market.deposit("ada", "1", "USD").refused(RefusalReason::UnknownAsset, unknown);
    market.withdraw("ada", "1", "USD").refused(RefusalReason::UnknownAsset, unknown);
}

#[test]
fn an_amount_is_above_zero_and_no_finer_than_its_asset() {
    let mut market = Market::usual();
    for amount in ["0", "-1", "0.001"] {
        let detail = format!("{amount} is no amount of EUR above 0 with at most 2 decimal places");
        market.deposit("ada", amount, "EUR").refused(RefusalReason::InvalidAmount, &detail);
        market.withdraw("ada", amount, "EUR").refused(RefusalReason::InvalidAmount, &detail);
    }
}

#[test]
fn no_more_comes_in_than_can_be_counted() {
    let mut market = Market::usual();
    // 18 digits, and 30,000 EUR are there already.
    market.deposit("ada", "9999999999969999.99", "EUR").taken();
    market.deposit("bob", "0.01", "EUR").refused(
        RefusalReason::InvalidAmount,
        "with 0.01 EUR more the market would have more than can be counted",
    );
}

#[test]
fn what_open_orders_hold_is_not_withdrawn() {
    let mut market = Market::usual();
    market.place(buy("ada", "1", "100")).taken();
    market.has("ada", "EUR", "9899.75", "100.25");
    market.withdraw("ada", "9899.76", "EUR").refused(
        RefusalReason::InsufficientFunds,
        "9899.76 EUR are needed, 9899.75 EUR are available",
    );
    market.withdraw("ada", "9899.75", "EUR").taken();
    market.has("ada", "EUR", "0", "100.25");
}

#[test]
fn a_deposit_that_is_to_be_the_first_changes_nothing_where_there_was_any() {
    let mut market = Market::usual();
    market.open("dave").taken();
    market.deposit_if_first("dave", "100", "EUR").taken();
    market.has("dave", "EUR", "100", "0");
    market.deposit_if_first("dave", "100", "EUR").says(&[]);
    market.has("dave", "EUR", "100", "0");
    // Not even where nothing is left of it.
    market.withdraw("dave", "100", "EUR").taken();
    market.deposit_if_first("dave", "100", "EUR").says(&[]);
    market.has("dave", "EUR", "0", "0");
    // Each asset counts for itself.
    market.deposit_if_first("dave", "1", "BTC").taken();
    market.has("dave", "BTC", "1", "0");
}
