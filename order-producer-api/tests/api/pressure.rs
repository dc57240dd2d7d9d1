//! A log that is slow or away never leads to an acknowledgement.

use std::time::Duration;

use event_log::LogError;

use crate::memory_log::Mode;
use crate::shop::{Shop, parka};

#[tokio::test]
async fn a_log_that_fails_is_a_503_that_hides_the_cause() {
    let shop = Shop::open();
    for (error, kind) in [
        ((|| LogError::Unavailable("secret".into())) as fn() -> LogError, "log-unavailable"),
        (|| LogError::Overloaded("secret".into()), "overloaded"),
        (|| LogError::Corrupt("secret".into()), "log-unavailable"),
        (|| LogError::Closed, "log-unavailable"),
    ] {
        shop.log.set(Mode::Fails(error));
        let answer = shop.place(&parka(), &[]).await;
        assert_eq!((answer.status, answer.kind()), (503, kind));
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert!(!answer.body.to_string().contains("secret"));
        assert!(answer.header("seriatim-position").is_none());
    }
    shop.log.set(Mode::Works);
    assert_eq!(shop.place(&parka(), &[]).await.status, 202);
}

#[tokio::test]
async fn a_key_whose_append_failed_is_not_remembered() {
    let shop = Shop::open();
    let key = [("idempotency-key", "k")];
    shop.log.set(Mode::Fails(|| LogError::Unavailable(String::new())));
    assert_eq!(shop.place(&parka(), &key).await.status, 503);
    shop.log.set(Mode::Works);
    assert_eq!(shop.place(&parka(), &key).await.status, 202);
    assert_eq!(shop.commands().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn who_finds_no_place_in_time_is_told_to_come_back() {
    let shop = Shop::with(&[("requests_max", "2"), ("queue_timeout_ms", "100")]);
    shop.log.set(Mode::Slow(Duration::from_millis(150)));
    let order = parka();
    let answers = futures_util::future::join_all((0..4).map(|_| shop.place(&order, &[]))).await;
    let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [202, 202, 503, 503]);
    assert_eq!(shop.commands().len(), 2);
    for refused in answers.iter().filter(|answer| answer.status == 503) {
        assert_eq!(refused.kind(), "overloaded");
        assert_eq!(refused.header("retry-after"), Some("1"));
    }
}

#[tokio::test(start_paused = true)]
async fn waiting_for_an_outcome_takes_no_place_from_others() {
    let shop = Shop::with(&[("requests_max", "1"), ("queue_timeout_ms", "100")]);
    let order = parka();
    let waiting = shop.place(&order, &[("prefer", "wait=5")]);
    let other = async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        shop.place(&order, &[]).await.status
    };
    let (_, status) = tokio::join!(waiting, other);
    assert_eq!(status, 202);
}
