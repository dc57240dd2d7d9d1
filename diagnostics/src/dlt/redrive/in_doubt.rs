//! What an earlier redrive was sending when it ended: was it sent?
//!
//! Before letters are sent, a mark says which, and where each partition of the target ended. Every
//! record that is sent names its dead letter. So what stands in the target from there on tells which
//! of them were sent; whatever is not there was not, and waits again.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context as _, bail};
use event_log::EventLog;
use event_log::dead_letters::REDRIVE;
use tokio::time::sleep;

use crate::dlt::marks::{Mark, Marks, Named, SentLetter};
use crate::dlt::place::Place;
use crate::stretch::Stretch;
use crate::text::letters;

/// A desk that was killed may have left a request under way to a broker. By the time its place in the
/// group is another's, seconds have passed; one that ended with an error may have ended just now.
const SETTLED_AFTER: Duration = Duration::from_secs(1);

/// Finds out about every letter in doubt and marks it; answers how many were sent. Only for who holds
/// the lease.
pub(super) async fn resolve(log: &dyn EventLog, marks: &mut Marks) -> anyhow::Result<usize> {
    let in_doubt = marks.in_doubt();
    if !in_doubt.is_empty() {
        sleep(SETTLED_AFTER).await;
    }
    let mut found_sent = 0;
    for (from, named) in in_doubt {
        let (sent, unsent) = look_up(log, &from, named)
            .await
            .with_context(|| format!("looking up at {from} what an earlier redrive has sent"))?;
        found_sent += sent.len();
        if !sent.is_empty() {
            marks.add(log, Mark::Sent { letters: sent }).await?;
        }
        if !unsent.is_empty() {
            marks.add(log, Mark::Unsent { letters: unsent }).await?;
        }
    }
    Ok(found_sent)
}

/// Which of the letters stand at `from` or behind, and which don't.
async fn look_up(
    log: &dyn EventLog,
    from: &Place,
    named: Vec<Named>,
) -> anyhow::Result<(Vec<SentLetter>, Vec<Named>)> {
    let Place { topic, position } = from;
    let kept_from = log.ends(topic, position.partition).await?.first;
    if kept_from > position.offset {
        let count = letters(named.len());
        bail!(
            "the log keeps only what came later, at {kept_from} and behind, so nobody can tell any \
             more whether {count} were sent; purge those in doubt, or export and import them to \
             have them sent, perhaps once more"
        );
    }
    let mut missing: HashMap<String, Named> =
        named.into_iter().map(|letter| (letter.place.to_string(), letter)).collect();
    let mut sent = Vec::new();
    let tail = Stretch::from(log, topic, position.partition, position.offset).await?;
    let mut tail = tail.complete();
    while !missing.is_empty()
        && let Some(records) = tail.next().await?
    {
        for record in records {
            let name = record.headers.get_text(REDRIVE);
            if let Some(letter) = name.and_then(|name| missing.remove(name)) {
                sent.push(SentLetter { letter, at: Place::new(topic, record.position) });
            }
        }
    }
    Ok((sent, missing.into_values().collect()))
}

#[cfg(test)]
mod tests {
    use event_log::topics::{ORDERS, ORDERS_DEAD_LETTERS};
    use event_log::{Headers, LogSettings, NewRecord, Retention, TopicSpec};
    use order_domain::{Partition, RecordMark};

    use super::*;
    use crate::dlt::marks::{Fate, Leg};

    fn named(offset: u64) -> Named {
        let place = format!("{ORDERS_DEAD_LETTERS}/0:{offset}").parse().unwrap();
        Named { place, mark: RecordMark(offset) }
    }

    #[tokio::test]
    async fn what_stands_in_the_target_was_sent_and_the_rest_waits_again() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().display());
        let log = event_log::open(&LogSettings::new(url)).await.unwrap();
        let log = log.as_ref();
        let spec = TopicSpec { topic: ORDERS, partitions: 1, retention: Retention::default() };
        log.create_topics(&[spec]).await.unwrap();
        Marks::create(log).await.unwrap();
        let append = async |redriven: Option<u64>| {
            let headers = redriven.map_or_else(Headers::new, |offset| {
                Headers::new().with(REDRIVE, named(offset).place.to_string())
            });
            let record = NewRecord { headers, ..NewRecord::default() };
            log.append_all(&ORDERS, Partition(0), vec![record]).await.unwrap();
        };

        // Letter 0 was sent long ago. The redrive was killed when it had sent 1 of 0, 1 and 2.
        append(Some(0)).await;
        append(None).await;
        let mut marks = Marks::read(log).await.unwrap();
        let letters = vec![named(0), named(1), named(2)];
        let to = "orders/0:2".parse().unwrap();
        marks.add(log, Mark::Sending { legs: vec![Leg { to, letters }] }).await.unwrap();
        append(None).await;
        append(Some(1)).await;

        let mut marks = Marks::read(log).await.unwrap();
        assert_eq!(resolve(log, &mut marks).await.unwrap(), 1);
        let again = Marks::read(log).await.unwrap();
        for marks in [marks, again] {
            let fate = |offset| marks.fate(&named(offset).place, RecordMark(offset)).cloned();
            assert_eq!(fate(0), None, "what stands before the intention is of another one");
            assert_eq!(fate(1), Some(Fate::Sent { at: "orders/0:3".parse().unwrap() }));
            assert_eq!(fate(2), None);
            assert!(marks.in_doubt().is_empty());
        }
        log.close().await;
    }
}
