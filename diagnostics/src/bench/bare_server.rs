//! The ceiling of every HTTP figure: a bare axum handler that parses the same body and answers 202.

use std::io;

use anyhow::Context as _;
use axum::http::StatusCode;
use axum::routing::post;
use axum::serve::ListenerExt as _;
use axum::{Json, Router};
use clap::Args;
use serde::Deserialize;

/// Runs the bare server until it is killed.
#[derive(Args)]
pub struct BareServerArgs {
    /// Where it listens.
    #[arg(long)]
    listen: String,
}

/// Serves `POST /api/Order`, and `GET /livez` for whoever waits until it is up.
pub async fn run(args: &BareServerArgs) -> anyhow::Result<()> {
    let router = Router::new()
        .route("/api/Order", post(accept))
        .route("/livez", axum::routing::get(|| async {}));
    serve(&args.listen, router).await.with_context(|| format!("serving on {}", args.listen))
}

async fn serve(address: &str, router: Router) -> io::Result<()> {
    let listener = tokio::net::TcpListener::bind(address).await?;
    // As our own server does; without it small answers may wait for an acknowledgement.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, router).await
}

async fn accept(Json(purchase): Json<Purchase>) -> StatusCode {
    // The compiler must not drop the parsing of fields that nobody reads.
    std::hint::black_box(purchase);
    StatusCode::ACCEPTED
}

/// A purchase as a shop sends it, parsed and not checked.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "the fields are there to be parsed")]
pub struct Purchase {
    customer_id: u64,
    customer_name: String,
    customer_last_name: String,
    customer_email: String,
    shipping_address: String,
    billing_address: String,
    currency_type: u8,
    total_price: f64,
    payment_method_type: u8,
    order_items: Vec<Item>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "the fields are there to be parsed")]
struct Item {
    #[serde(rename = "itemCode")]
    code: String,
    brand: String,
    #[serde(rename = "type")]
    kind: String,
    size: String,
    colour: String,
    quantity: u32,
    price: f64,
    currency_type: u8,
}
