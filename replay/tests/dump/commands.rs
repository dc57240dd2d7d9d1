//! Commands and entries of a topic become an archive.

use std::process::Command;

use tempfile::tempdir;
use traffic_archive::{ArchiveReader, ArchiveWriter, Exchange, Location, WriterSettings};

use crate::orders::{Orders, customers, dump, entries, order, succeed, url};

#[tokio::test(flavor = "multi_thread")]
async fn a_command_becomes_the_request_that_makes_it() {
    let orders = Orders::new().await;
    orders.append(0, order(7, Some("checkout-1")).to_json()).await;
    let archive = orders.folder.path().join("archive");
    let summary = succeed(&orders.dump(&archive, &[]));
    assert_eq!((&summary["entries"], &summary["complete"]), (&1.into(), &true.into()));
    let Exchange { key, method, path, headers, body, .. } = &entries(&archive).await[0].exchange;
    assert_eq!((key.as_str(), method.as_str(), path.as_str()), ("shop/1", "POST", "/api/Order"));
    let expected = [("content-type", "application/json"), ("idempotency-key", "checkout-1")];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(*headers, expected);
    assert_eq!(
        body.text().expect("text"),
        r#"{"customerId":7,"customerName":"Ada","customerLastName":"Lovelace","customerEmail":"ada@example.com","shippingAddress":"München","billingAddress":"London","currencyType":2,"totalPrice":"25.00","paymentMethodType":4,"orderItems":[{"itemCode":"17","brand":"B","type":"Parka","size":"XL","colour":"Black","quantity":2,"price":"12.50","currencyType":2}]}"#
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_come_together_by_time_and_any_stretch_can_be_taken() {
    let orders = Orders::new().await;
    for (customer, partition) in [(1, 0), (2, 1), (3, 1), (4, 0), (5, 1), (6, 0)] {
        orders.append(partition, order(customer, None).to_json()).await;
    }
    let archive = |name: &str| orders.folder.path().join(name);
    succeed(&orders.dump(&archive("all"), &[]));
    let all = entries(&archive("all")).await;
    assert_eq!(customers(&all), [1, 2, 3, 4, 5, 6]);
    let (third, fifth) = (all[2].exchange.at.to_string(), all[4].exchange.at.to_string());
    for (name, more, expected) in [
        ("one", &["--partition", "1"][..], &[2, 3, 5][..]),
        ("positions", &["--first", "0:1", "--until", "1:2"], &[2, 3, 4, 6]),
        ("times", &["--since", &third, "--before", &fifth], &[3, 4]),
        ("beyond", &["--first", "0:3", "--partition", "0"], &[]),
    ] {
        succeed(&orders.dump(&archive(name), more));
        assert_eq!(customers(&entries(&archive(name)).await), expected, "{name}");
    }
    let output = orders.dump(&archive("none"), &["--partition", "2"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(!archive("none").exists(), "nothing is made of a stretch that is not there");
    let output = orders.dump(&archive("all"), &[]);
    assert_eq!(output.status.code(), Some(1), "an archive is not written over");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_command_goes_to_the_rejects_or_ends_the_work() {
    let orders = Orders::new().await;
    orders.append(0, order(1, None).to_json()).await;
    orders.append(0, b"{\"type\":\"Dance\",\"version\":1,\"data\":{}}".to_vec()).await;
    orders.append(0, order(2, None).to_json()).await;
    let archive = |name: &str| orders.folder.path().join(name);
    let output = orders.dump(&archive("strict"), &["--strict"]);
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("record 0:1") && error.contains("Dance"), "{error}");
    assert_eq!(customers(&entries(&archive("strict")).await), [1], "what came before is kept");

    assert_eq!(succeed(&orders.dump(&archive("lenient"), &[]))["rejected"], 1);
    assert_eq!(customers(&entries(&archive("lenient")).await), [1, 2]);
    let beside = std::fs::read_to_string(archive("lenient.rejects.jsonl")).expect("the rejects");
    let reject: serde_json::Value = serde_json::from_str(beside.trim()).expect("one line");
    assert_eq!((&reject["topic"], &reject["position"]), (&"orders".into(), &"0:1".into()));
    assert!(reject["reason"].as_str().expect("a reason").contains("Dance"), "{reject}");
    let named = archive("mine.jsonl");
    succeed(&orders.dump(&archive("named"), &["--rejects", named.to_str().expect("text")]));
    assert_eq!(std::fs::read_to_string(named).expect("the rejects"), beside);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_that_is_there_stays_and_so_do_its_rejects() {
    let orders = Orders::new().await;
    orders.append(0, b"no command".to_vec()).await;
    orders.append(0, order(1, None).to_json()).await;
    let (archive, rejects) =
        (orders.folder.path().join("a"), orders.folder.path().join("a.rejects.jsonl"));
    succeed(&orders.dump(&archive, &[]));
    let (before, rejected) = (entries(&archive).await, std::fs::read(&rejects).expect("one"));
    let again = orders.dump(&archive, &[]);
    assert_eq!(again.status.code(), Some(1));
    let said = String::from_utf8_lossy(&again.stderr);
    assert!(said.contains("already"), "{said}");
    assert_eq!(entries(&archive).await, before);
    assert_eq!(std::fs::read(&rejects).expect("it stays"), rejected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_without_commands_is_said_to_have_none() {
    let orders = Orders::new().await;
    orders.append(0, b"hello".to_vec()).await;
    let output = orders.dump(&orders.folder.path().join("a"), &[]);
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("none of 1 records can become a request"), "{error}");
    let elsewhere = orders.folder.path().join("elsewhere");
    let output = dump(&elsewhere, "orders", &orders.folder.path().join("b"), &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(!elsewhere.exists(), "a log that is not there is not made");
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_become_the_archive_that_they_came_from() {
    let folder = tempdir().expect("a folder");
    let original = folder.path().join("original");
    let mut writer = ArchiveWriter::create(&Location::folder(&original), WriterSettings::default())
        .await
        .expect("one");
    for n in 0..500 {
        let at = jiff::Timestamp::from_second(n).expect("a time");
        let mut exchange = Exchange::new(at, "GET", format!("/{n}"));
        exchange.key = format!("k{}", n % 5);
        writer.append(exchange).await.expect("an entry");
    }
    let chain = writer.finish().await.expect("it ends").chain;
    let serialin = Command::new(env!("CARGO_BIN_EXE_replay"))
        .arg("serialin")
        .arg(&original)
        .args(["--to", &url(folder.path()), "--json"])
        .output()
        .expect("replay runs");
    assert_eq!(succeed(&serialin)["appended"], 500);
    let copy = folder.path().join("copy");
    succeed(&dump(folder.path(), "replay", &copy, &[]));
    let copied = ArchiveReader::open(&Location::folder(&copy)).await.expect("it opens");
    assert_eq!(copied.manifest().chain, chain, "the same lines in the same order");
    let part = folder.path().join("part");
    let stretch = ["--first-entry", "101", "--last-entry", "110"];
    succeed(&dump(folder.path(), "replay", &part, &stretch));
    let part: Vec<_> = entries(&part).await.into_iter().map(|entry| entry.exchange.path).collect();
    assert_eq!(part, (100..110).map(|n| format!("/{n}")).collect::<Vec<_>>());
}
