//! The closed model: users who wait for each answer.

use jiff::Timestamp;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::sync::Barrier;
use traffic_archive::{ArchiveWriter, Exchange, Location, WriterSettings};

use crate::run::load;
use crate::target::{Manner, Target};

#[tokio::test(flavor = "multi_thread")]
async fn each_user_has_one_request_under_way() {
    // Answers come only when all ten wait: with fewer nothing would go on, and with more it would not
    // come to fifty.
    let target = Target::start(Manner::Together(Barrier::new(10)));
    let arguments =
        ["--body", "{}", "--users", "10", "--requests", "50", "--for", "10m", "--timeout", "10m"];
    let (code, report) = load(&target.url, &arguments).await;
    assert_eq!((code, report.requests.succeeded, report.requests.failed), (0, 50, 0));
    assert!(report.in_flight.max <= 10);
    assert_eq!(report.load.unwrap().asked, None, "users ask for what they get");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_connections_are_open_at_once() {
    let users = connections_here(10_000);
    let target = Target::start(Manner::Together(Barrier::new(users)));
    let count = users.to_string();
    let arguments = ["--body", "{}", "--users", &count, "--requests", &count];
    let patience = ["--for", "30m", "--timeout", "30m"];
    let (code, report) = load(&target.url, &[&arguments[..], &patience].concat()).await;
    assert_eq!((code, report.requests.succeeded), (0, users as u64), "{:?}", report.errors);
}

/// As many as this process may have: each takes a file of ours, and one of the program's.
fn connections_here(wanted: usize) -> usize {
    let limit = getrlimit(Resource::Nofile);
    let all = Rlimit { current: limit.maximum, maximum: limit.maximum };
    setrlimit(Resource::Nofile, all).unwrap();
    let files = limit.maximum.map_or(usize::MAX, |files| usize::try_from(files).unwrap());
    let users = wanted.min(files.saturating_sub(500).max(1));
    if users < wanted {
        println!("{users} instead of {wanted}: this machine allows no more than {files} files");
    }
    users
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_is_sent_in_its_order_again_and_again() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::folder(folder.path());
    let mut writer = ArchiveWriter::create(&location, WriterSettings::default()).await.unwrap();
    for number in 0..3 {
        let path = format!("/recorded/{number}");
        let exchange = Exchange {
            headers: vec![("Idempotency-Key".to_owned(), format!("key-{number}"))],
            body: format!("{number}").into(),
            ..Exchange::new(Timestamp::UNIX_EPOCH, "PUT", path)
        };
        writer.append(exchange).await.unwrap();
    }
    writer.finish().await.unwrap();

    let target = Target::start(Manner::Accept);
    let archive = folder.path().display().to_string();
    let arguments = ["--archive", &archive, "--users", "1", "--requests", "7", "--for", "10m"];
    let (code, report) = load(&target.url, &arguments).await;
    assert_eq!((code, report.requests.succeeded), (0, 7));
    let came = target.came();
    let paths: Vec<_> = came.iter().map(|request| request.path.as_str()).collect();
    let expected = [0, 1, 2, 0, 1, 2, 0].map(|number| format!("/recorded/{number}"));
    assert_eq!(paths, expected);
    assert_eq!((&*came[1].method, &*came[1].body), ("PUT", "1"));
    assert!(came[1].headers.contains(&("idempotency-key".to_owned(), "key-1".to_owned())));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_seed_sends_the_same_requests() {
    let sent = async |seed: &str| {
        let target = Target::start(Manner::Accept);
        let mix = ["--mix", "purchase=3,search,read", "--users", "1", "--seed", seed];
        let (code, _) =
            load(&target.url, &[&mix[..], &["--requests", "30", "--for", "10m"]].concat()).await;
        assert_eq!(code, 0);
        let came = target.came().into_iter();
        came.map(|it| (it.method, it.path, it.body)).collect::<Vec<_>>()
    };
    let first = sent("7").await;
    assert_eq!(first, sent("7").await);
    assert_ne!(first, sent("8").await);
    assert!(
        first.iter().any(|(method, path, _)| method == "GET" && path.starts_with("/api/Orders/"))
    );
}
