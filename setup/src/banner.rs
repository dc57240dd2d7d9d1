//! What a person reads when the program has started.

use std::net::SocketAddr;

use service_kit::config::{Common, without_password};

/// An order that can be pasted into a shell.
const ORDER: &str = r#"{"customerId":23982398,"customerName":"Ada","customerLastName":"Lovelace","customerEmail":"ada@example.com","shippingAddress":"Agricolastrasse 35, München, Germany","billingAddress":"Agricolastrasse 35, München, Germany","currencyType":1,"totalPrice":240,"paymentMethodType":1,"orderItems":[{"itemCode":"10293098","brand":"Jack Wolfskin","type":"Parka","size":"XL","colour":"Black","quantity":1,"price":240,"currencyType":1}]}"#;

/// Where it listens, where its data are, and a line to try.
pub fn text(address: SocketAddr, common: &Common, prepared: &Result<(), String>) -> String {
    let ready = match prepared {
        Ok(()) => "seriatim is ready (Ctrl-C stops it)".to_owned(),
        Err(why) => format!("seriatim has started, but is NOT ready: {why}; /readyz tells more"),
    };
    let log = without_password(&common.log);
    let store = without_password(&common.store);
    format!(
        "{ready}
  HTTP     http://{address}   (docs: http://{address}/docs)
  log      {log}
  store    {store}
  data     {data}

Try:
  curl -i http://{address}/api/Order -H 'Content-Type: application/json' -H 'Prefer: wait=2' \\
    -d '{ORDER}'
  curl -s 'http://{address}/api/Orders?limit=5'
",
        data = common.data_dir.display(),
    )
}
