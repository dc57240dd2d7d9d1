//! Whoever waits at the end is woken by the append itself, not by somebody who looks now and then. How
//! soon that is, is the contract suite's affair; that it is so is no matter of time.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use order_domain::{Offset, Partition};

use super::embedded;
use crate::contract::{LogUnderTest as _, new_topic, payload, records, texts};

const PARTITION: Partition = Partition(0);

/// Counts how often it was woken.
#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn a_reader_has_the_record_when_its_append_is_acknowledged() {
    let under_test = embedded();
    let log = under_test.open().await;
    let topic = new_topic(log.as_ref(), "waiting").await;
    let mut reader = log.read(&topic, PARTITION, Offset(0)).await.expect("a reader");
    log.append_all(&topic, PARTITION, vec![payload("first")]).await.expect("append");
    assert_eq!(texts(&reader.next(records(1)).await.expect("a read")), ["first"]);

    let woken = Arc::new(Woken::default());
    let waker = Waker::from(woken.clone());
    let mut context = Context::from_waker(&waker);
    let mut waiting = pin!(reader.next(records(1)));
    // At the end, nothing is left but to wait.
    assert!(waiting.as_mut().poll(&mut context).is_pending());
    assert_eq!(woken.0.load(Ordering::SeqCst), 0);
    log.append_all(&topic, PARTITION, vec![payload("second")]).await.expect("append");
    assert!(woken.0.load(Ordering::SeqCst) > 0, "the append wakes who waits");
    match waiting.as_mut().poll(&mut context) {
        Poll::Ready(read) => assert_eq!(texts(&read.expect("a read")), ["second"]),
        Poll::Pending => panic!("the record is in memory, and nobody looked"),
    }
}
