//! The contract suite over a real Kafka.

mod contract;
mod kafka_broker;

use std::time::Duration;

use contract::LogUnderTest;
use event_log::LogSettings;

/// The broker that the test command has started. It lets members go sooner than others do.
struct Kafka(String);

fn kafka() -> Option<Kafka> {
    let skipped = kafka_broker::skipped("the log's contract over Kafka");
    (!skipped).then(|| Kafka(kafka_broker::shared_url()))
}

impl LogUnderTest for Kafka {
    fn settings(&self) -> LogSettings {
        let mut settings = LogSettings::new(self.0.clone());
        let properties = [("session.timeout.ms", "2000"), ("heartbeat.interval.ms", "300")];
        settings.kafka_properties =
            properties.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        settings
    }

    fn wake_up_max(&self) -> Duration {
        Duration::from_millis(50)
    }

    fn takeover_max(&self) -> Duration {
        Duration::from_secs(8)
    }
}

contract_suite!(kafka);
