//! The contract suite over a real Kafka, and what callers see of a broker in trouble.

mod broker;
mod faults;
#[cfg(feature = "kafka-tls")]
mod tls;

use std::time::Duration;

use event_log::LogSettings;

use crate::contract::LogUnderTest;

/// The broker that the test command has started. It lets members go sooner than others do.
struct Kafka(String);

fn kafka() -> Option<Kafka> {
    let skipped = broker::skipped("the log's contract over Kafka");
    (!skipped).then(|| Kafka(broker::shared_url()))
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
}

crate::contract_suite!(kafka);
