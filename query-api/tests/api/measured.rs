//! What the service counts.

use service_kit::telemetry::Metrics;

use crate::client::Client;
use crate::double::Double;
use crate::rows::assorted;

#[tokio::test(start_paused = true)]
async fn queries_and_strong_reads_are_measured() {
    let metrics = Metrics::install();
    let store = Double::new(assorted());
    let client = Client::new(store.clone());
    store.project(0, 1);
    client.get_after("/api/Orders", "0:0").await;
    client.get_after("/api/Orders/customerSearch/ada", "0:0").await;
    client.get_after("/api/Orders/0199f6f2-8e5c-7c3a-9d1e-000000000001", "0:1").await;
    client.get("/api/v3/instruments/BTC-EUR").await;
    let text = metrics.render();
    for line in [
        "seriatim_query_duration_seconds_count{query=\"orders\"}",
        "seriatim_query_duration_seconds_count{query=\"customer-search\"}",
        "seriatim_query_duration_seconds_count{query=\"projected\"}",
        "seriatim_query_duration_seconds_count{query=\"instruments\"}",
        "seriatim_query_duration_seconds_count{query=\"instrument-statistics\"}",
        "seriatim_strong_reads_total{outcome=\"passed\"}",
        "seriatim_strong_reads_total{outcome=\"known\"}",
        "seriatim_strong_reads_total{outcome=\"behind\"}",
        "seriatim_strong_read_wait_seconds_count ",
        "seriatim_strong_read_waiters ",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
}
