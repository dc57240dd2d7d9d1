//! The log against a `Vec`, whatever is done in whatever order.

use event_log::{BatchLimit, EventLog, LogError, Topic};
use order_domain::{Offset, Partition};
use proptest::prelude::*;
use std::sync::Arc;

use super::{Embedded, embedded};
use crate::contract::{LogUnderTest, PARTITIONS, in_time, new_topic, payload, text};

#[derive(Clone, Debug)]
enum Step {
    Append {
        partition: usize,
        sizes: Vec<usize>,
    },
    Read {
        partition: usize,
        from: usize,
        limit: BatchLimit,
    },
    Ends {
        partition: usize,
    },
    /// Another client takes over; the one before goes on where `keep`.
    Open {
        close: bool,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let partition = 0..PARTITIONS as usize;
    let limit =
        (1_usize..20, 0_usize..4000).prop_map(|(records, bytes)| BatchLimit { records, bytes });
    prop_oneof![
        4 => (partition.clone(), proptest::collection::vec(0_usize..3000, 0..12))
            .prop_map(|(partition, sizes)| Step::Append { partition, sizes }),
        4 => (partition.clone(), 0_usize..40, limit)
            .prop_map(|(partition, from, limit)| Step::Read { partition, from, limit }),
        1 => partition.prop_map(|partition| Step::Ends { partition }),
        1 => any::<bool>().prop_map(|close| Step::Open { close }),
    ]
}

struct Model {
    under_test: Embedded,
    log: Arc<dyn EventLog>,
    topic: Topic,
    partitions: Vec<Vec<String>>,
    count: usize,
}

impl Model {
    async fn take(&mut self, step: Step) {
        match step {
            Step::Append { partition, sizes } => self.append(partition, sizes).await,
            Step::Read { partition, from, limit } => self.read(partition, from, limit).await,
            Step::Ends { partition } => {
                let ends = self.log.ends(&self.topic, number(partition)).await.expect("ends");
                let next = Offset(self.partitions[partition].len() as u64);
                assert_eq!((ends.first, ends.next), (Offset(0), next));
            }
            Step::Open { close } => {
                if close {
                    self.log.close().await;
                }
                self.log = self.under_test.open().await;
            }
        }
    }

    async fn append(&mut self, partition: usize, sizes: Vec<usize>) {
        let mut texts = Vec::new();
        for size in sizes {
            self.count += 1;
            texts.push(format!("{} {}", self.count, "x".repeat(size)));
        }
        let records = texts.iter().map(payload).collect();
        let model = &mut self.partitions[partition];
        let appended =
            self.log.append_all(&self.topic, number(partition), records).await.expect("append");
        let offsets: Vec<u64> = appended.iter().map(|a| a.position.offset.0).collect();
        let expected = model.len() as u64..(model.len() + texts.len()) as u64;
        assert_eq!(offsets, expected.collect::<Vec<_>>());
        model.extend(texts);
    }

    async fn read(&mut self, partition: usize, from: usize, limit: BatchLimit) {
        let model = &self.partitions[partition];
        if from == model.len() {
            // There a reader waits.
            return;
        }
        let offset = Offset(from as u64);
        let mut reader =
            self.log.read(&self.topic, number(partition), offset).await.expect("a reader");
        let read = in_time("a read", reader.next(limit)).await;
        if from > model.len() {
            assert!(matches!(read, Err(LogError::OutOfRange { .. })), "{read:?}");
            return;
        }
        let read = read.expect("a read");
        let bytes: usize = read.iter().map(|record| record.payload.len()).sum();
        assert!(!read.is_empty() && read.len() <= limit.records);
        assert!(read.len() == 1 || bytes <= limit.bytes);
        for (record, expected) in read.iter().zip(&model[from..]) {
            assert_eq!(&text(record), expected);
        }
    }
}

fn number(partition: usize) -> Partition {
    Partition(u32::try_from(partition).expect("a small number"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_log_does_what_a_vec_does(steps in proptest::collection::vec(step(), 1..40)) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let under_test = embedded();
            let log = under_test.open().await;
            let topic = new_topic(log.as_ref(), "model").await;
            let partitions = vec![Vec::new(); PARTITIONS as usize];
            let mut model = Model { under_test, log, topic, partitions, count: 0 };
            for step in steps {
                model.take(step).await;
            }
        });
    }
}
