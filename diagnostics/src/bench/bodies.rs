//! The purchases that are posted: one a line, as oha takes them.

use std::io::{self, BufWriter, Write as _};
use std::path::Path;

/// How many different bodies there are; as many customers, so that every partition has work.
pub const BODIES: usize = 10_000;

pub(crate) const FIRST_NAMES: [&str; 8] =
    ["Ada", "Grace", "Zoë", "José", "Émile", "Jürgen", "Maria", "Noor"];
pub(crate) const LAST_NAMES: [&str; 5] = ["Lovelace", "Hopper", "Müller", "Smith", "García"];

/// The purchase of customer `number`. It keeps every rule, so it is accepted.
pub fn body(number: usize) -> String {
    let pick = |names: &[&'static str]| names[number % names.len()];
    let (first, last) = (pick(&FIRST_NAMES), pick(&LAST_NAMES));
    let price = 5 + number % 400;
    let address = format!("Agricolastrasse {}, 80687 München, Germany", 1 + number % 200);
    serde_json::json!({
        "customerId": 1_000_000 + number,
        "customerName": first,
        "customerLastName": last,
        "customerEmail": format!("customer.{number}@example.com"),
        "shippingAddress": address,
        "billingAddress": address,
        "currencyType": 1,
        "totalPrice": price,
        "paymentMethodType": 1 + number % 5,
        "orderItems": [{
            "itemCode": (10_000_000 + number % 1_000).to_string(), "brand": "Jack Wolfskin",
            "type": "Parka", "size": "XL", "colour": "Black", "quantity": 1, "price": price,
            "currencyType": 1,
        }],
    })
    .to_string()
}

/// The purchase of request `number`: the bodies in turn.
pub fn numbered(number: u64) -> String {
    body(usize::try_from(number % BODIES as u64).unwrap_or_default())
}

/// Writes all bodies, one a line.
pub fn write(path: &Path) -> io::Result<()> {
    let mut file = BufWriter::new(std::fs::File::create(path)?);
    for number in 0..BODIES {
        writeln!(file, "{}", body(number))?;
    }
    file.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::bare_server::Purchase;

    #[test]
    fn every_body_is_one_line_that_the_bare_server_takes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bodies");
        write(&path).unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        let purchases: Vec<Purchase> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(purchases.len(), BODIES);
    }
}
