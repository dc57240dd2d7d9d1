//! The real program: killed and started again, and before a target behind TLS.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::tempdir;
use traffic_archive::{ArchiveReader, Location};

use crate::bed::{Target, WAIT_MAX, entries, exchange};
use crate::secure;

struct Program {
    child: Child,
    address: SocketAddr,
}

impl Program {
    /// Starts it on a free port and waits until it listens.
    fn start(target: &str, archive: &Path) -> Self {
        Self::start_with(target, archive, &[])
    }

    /// With further environment variables.
    fn start_with(target: &str, archive: &Path, variables: &[(&str, &Path)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_replay"))
            .args(["capture", "--listen", "127.0.0.1:0", "--to", target])
            .args(["--append", "--durable-every", "1", "--archive"])
            .arg(archive)
            .envs(variables.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("replay starts");
        let mut said = BufReader::new(child.stderr.take().expect("it is piped")).lines();
        let first = said.next().expect("it says something").expect("in UTF-8");
        let address = first.strip_prefix("capturing ").and_then(|rest| rest.split(' ').next());
        let address = address.unwrap_or_else(|| panic!("{first}")).parse().expect("an address");
        // Read on, or it would wait for room to speak.
        std::thread::spawn(move || said.for_each(drop));
        Self { child, address }
    }

    /// Asks it to stop; it must end well.
    fn stop(&mut self) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(asked.expect("kill runs").success());
        assert!(self.child.wait().expect("it ends").success());
    }
}

/// A test that fails leaves nothing running.
impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_capture_goes_on_where_its_archive_ends() {
    let target = Target::start().await.url();
    let folder = tempdir().expect("a folder");
    let archive: PathBuf = folder.path().join("archive");

    let mut first = Program::start(&target, &archive);
    exchange(first.address, "GET", "/1", "", "").await;
    let began = Instant::now();
    while durable_entries(&archive).await == 0 {
        assert!(began.elapsed() < WAIT_MAX, "never durable");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    exchange(first.address, "GET", "/perhaps-lost", "", "").await;
    first.child.kill().expect("it is killed");
    first.child.wait().expect("it has ended");

    let mut second = Program::start(&target, &archive);
    exchange(second.address, "GET", "/2", "", "").await;
    second.stop();
    let mut paths: Vec<_> =
        entries(&archive).await.into_iter().map(|entry| entry.exchange.path).collect();
    // It is durable only if more than a second went by before the kill.
    paths.retain(|path| path != "/perhaps-lost");
    assert_eq!(paths, ["/1", "/2"]);
}

async fn durable_entries(archive: &Path) -> u64 {
    let reader = ArchiveReader::open(&Location::folder(archive)).await;
    reader.map_or(0, |reader| reader.manifest().entries)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_behind_tls_is_captured_if_the_system_trusts_it() {
    let (target, authority) = secure::secure_target().await;
    let folder = tempdir().expect("a folder");
    let (archive, trusted) = (folder.path().join("archive"), folder.path().join("authority.pem"));
    std::fs::write(&trusted, authority).expect("written");

    let variables = [("SSL_CERT_FILE", trusted.as_path())];
    let mut trusting = Program::start_with(&target, &archive, &variables);
    let answer = exchange(trusting.address, "POST", "/a?b=c", "", "body").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    trusting.stop();
    let recorded = entries(&archive).await;
    assert_eq!(recorded.len(), 1);
    assert_eq!(recorded[0].exchange.path, "/a?b=c");
    assert_eq!(recorded[0].exchange.response.as_ref().map(|response| response.status), Some(200));

    let mut distrusting = Program::start(&target, &archive);
    let answer = exchange(distrusting.address, "POST", "/a", "", "body").await;
    assert!(answer.starts_with("HTTP/1.1 502"), "{answer}");
    distrusting.stop();
    assert_eq!(entries(&archive).await.len(), 1, "what the target never saw is not recorded");
}
