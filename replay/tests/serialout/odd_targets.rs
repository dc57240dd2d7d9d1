//! Targets that speak HTTP in ways of their own, wrongly, without end, or not at all.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use traffic_archive::Exchange;

use crate::bed::Bed;

/// Bytes of a body that serialout keeps for its outcomes.
const KEPT_BYTES_MAX: usize = 8 << 20;

/// What a target does on every connection once a request has come.
enum Act {
    /// It says this, and takes no more on this connection.
    Say(Vec<u8>),
    /// It says this, and then nothing.
    Hold(&'static str),
    /// It says the first, and then the second again and again.
    Babble(&'static str, &'static str),
}

/// A target that does the same on every connection.
async fn target(act: Act) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let act = Arc::new(act);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(converse(stream, Arc::clone(&act)));
        }
    });
    url
}

/// An error is the other side's, which leaves when it has had enough.
async fn converse(mut stream: TcpStream, act: Arc<Act>) -> std::io::Result<()> {
    let mut request = [0; 4096];
    let _ = stream.read(&mut request).await?;
    match &*act {
        Act::Say(answer) => {
            stream.write_all(answer).await?;
            stream.shutdown().await?;
            // What is closed with bytes unread is reset, and takes the answer along.
            while stream.read(&mut request).await? > 0 {}
        }
        Act::Hold(beginning) => {
            stream.write_all(beginning.as_bytes()).await?;
            while stream.read(&mut request).await? > 0 {}
        }
        Act::Babble(beginning, more) => {
            stream.write_all(beginning.as_bytes()).await?;
            let more = more.repeat((64 << 10) / more.len());
            loop {
                stream.write_all(more.as_bytes()).await?;
            }
        }
    }
    Ok(())
}

async fn one_request(method: &str) -> Bed {
    Bed::with([Exchange::new(Timestamp::UNIX_EPOCH, method, "/a")]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_end_an_answer_is_understood() {
    let huge = [
        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", 20 << 20).into_bytes(),
        vec![b'x'; 20 << 20],
    ]
    .concat();
    let plain = |answer: &str| answer.as_bytes().to_vec();
    let x = |bytes: usize| "x".repeat(bytes);
    for (what, method, answer, status, body) in [
        (
            "answers before the one that counts",
            "POST",
            plain(
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n\
                 HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}",
            ),
            201,
            "{}".to_owned(),
        ),
        (
            "chunks and trailers",
            "POST",
            plain(
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\
                 2;a=b\r\non\r\n1\r\ne\r\n0\r\ndigest: x\r\n\r\n",
            ),
            200,
            "one".to_owned(),
        ),
        (
            "HTTP/1.0",
            "POST",
            plain("HTTP/1.0 200 OK\r\n\r\nall of it"),
            200,
            "all of it".to_owned(),
        ),
        ("no length", "GET", plain("HTTP/1.1 200 OK\r\n\r\nall"), 200, "all".to_owned()),
        (
            "no body",
            "GET",
            plain("HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\n"),
            204,
            x(0),
        ),
        ("HEAD", "HEAD", plain("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"), 200, x(0)),
        ("a huge body", "GET", huge, 200, x(KEPT_BYTES_MAX)),
    ] {
        let bed = one_request(method).await;
        let target = target(Act::Say(answer)).await;
        let run = bed.run(&target, "--max --retries 0 --outcomes @outcomes").await;
        assert_eq!(run.code, Some(0), "{what}: {}", run.told());
        let outcomes = bed.outcomes();
        let response = outcomes[0].response.as_ref().expect(what);
        assert_eq!((outcomes.len(), response.status), (1, status), "{what}");
        assert!(response.body.text() == Some(&body), "{what}: another body");
        assert_eq!(outcomes[0].body_cut, body.len() == KEPT_BYTES_MAX, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_never_ends_is_given_up() {
    let head = "HTTP/1.1 200 OK\r\n";
    let endless = "HTTP/1.1 200 OK\r\n\r\n";
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    for (what, act) in [
        ("it says nothing", Act::Hold("")),
        ("it stops in the head", Act::Hold(head)),
        ("it stops in the body", Act::Hold("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf")),
        ("a body without end", Act::Babble(endless, "x")),
        ("chunks without end", Act::Babble(chunked, "1\r\nx\r\n")),
        ("no answer that counts", Act::Babble("", "HTTP/1.1 100 Continue\r\n\r\n")),
    ] {
        let bed = one_request("POST").await;
        let run = bed.run(&target(act).await, "--max --retries 1 --timeout 300ms").await;
        assert_eq!(run.code, Some(1), "{what}: {}", run.told());
        assert!(run.stderr.contains("gave up on entry 1: timeout"), "{what}: {}", run.told());
        assert_eq!(run.report()["requests"]["retries"], 1, "{what}: {}", run.told());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_breaks_off_is_none() {
    for (what, answer) in [
        ("nothing", ""),
        ("half a head", "HTTP/1.1 200 OK\r\ncontent-le"),
        ("half a body", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"),
        ("a chunk without its end", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab"),
        ("another protocol", "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n"),
    ] {
        let bed = one_request("POST").await;
        let target = target(Act::Say(answer.as_bytes().to_vec())).await;
        let run = bed.run(&target, "--max --retries 0").await;
        assert_eq!(run.code, Some(1), "{what}: {}", run.told());
        let told = "gave up on entry 1: connection lost";
        assert!(run.stderr.contains(told), "{what}: {}", run.told());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_speaks_nonsense_is_asked_again() {
    let bed = Bed::with_entries(1, 1).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = format!("http://{}", listener.local_addr().unwrap());
    let answers = [
        "hello?\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf of it",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        "",
        "HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\n\r\n{}",
    ];
    let speaking = tokio::spawn(async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    let run = bed.run(&target, "--max --outcomes @outcomes").await;
    assert_eq!(run.code, Some(0), "{}", run.told());
    speaking.await.unwrap();
    let outcomes = bed.outcomes();
    assert_eq!((outcomes.len(), outcomes[0].attempts), (1, 5));
    assert_eq!(outcomes[0].response.as_ref().map(|response| response.status), Some(202));
}
