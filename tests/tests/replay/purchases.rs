//! Real purchases: the beginning of a file, and the orders that they are.

use std::fmt::Write as _;

use serde_json::{Value, json};
use tests::Client;

const FILE: &str = include_str!("../../data/cdnow-first-10000.txt");

/// How many of its purchases are replayed, one at a time.
pub(crate) const PURCHASES: usize = 1_000;

/// Which line of [`text`] is edited, and the price that it gets.
const EDITED_LINE: usize = 500;
/// See [`EDITED_LINE`].
pub(crate) const OTHER_PRICE: &str = "999.99";

/// The first purchases of the file, with its header.
pub(crate) fn text() -> String {
    FILE.lines().take(PURCHASES + 1).fold(String::new(), |mut text, line| {
        writeln!(text, "{line}").expect("a String grows");
        text
    })
}

/// The same, but one of them had another price.
pub(crate) fn edited_text() -> String {
    let text = text();
    let edited = text.lines().nth(EDITED_LINE).expect("a line");
    let (rest, _) = edited.rsplit_once(char::is_whitespace).expect("its last column");
    text.replacen(edited, &format!("{rest} {OTHER_PRICE}"), 1)
}

/// Posts the purchases by date, as history had them, each with the key that the mapping gives it.
pub(crate) async fn post_directly(url: &str) {
    let client = Client::of(url);
    let text = text();
    let mut lines: Vec<(usize, Vec<&str>)> = text
        .lines()
        .enumerate()
        .skip(1)
        .map(|(index, line)| (index + 1, line.split_whitespace().collect()))
        .collect();
    lines.sort_by_key(|(_, fields)| fields[1].to_owned());
    for (line, fields) in lines {
        let key = format!("cdnow-{line}");
        client.place_under(&key, &order(&fields)).await;
    }
}

/// The order that the mapping `cdnow` makes of a line.
fn order(fields: &[&str]) -> Value {
    let (customer, discs, dollars) = (fields[0].trim_start_matches('0'), fields[2], fields[3]);
    json!({
        "customerId": customer.parse::<u64>().expect("a number"), "customerName": "Customer",
        "customerLastName": customer, "customerEmail": format!("{customer}@cdnow.example"),
        "shippingAddress": "unknown", "billingAddress": "unknown",
        "currencyType": 2, "totalPrice": dollars, "paymentMethodType": 1,
        "orderItems": [{
            "itemCode": format!("CD-{discs}"), "brand": "CDNOW", "type": "parcel of discs",
            "size": discs, "colour": "silver", "quantity": 1, "price": dollars, "currencyType": 2
        }]
    })
}
