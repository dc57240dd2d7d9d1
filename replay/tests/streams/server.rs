//! What the suite runs over.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use replay::stream::{StreamAddress, StreamUrl};
use tempfile::TempDir;

/// Something that holds streams.
pub trait Server {
    /// Where it is.
    fn url(&self) -> String;

    /// How many records the stream has, counted without our reader.
    fn records(&self, address: &StreamAddress) -> impl Future<Output = u64> + Send;

    /// A stream that nobody else has.
    fn stream(&self) -> (String, StreamAddress) {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("stream-{}-{}-{count}", std::process::id(), since_epoch.as_micros());
        let url: StreamUrl = self.url().parse().expect("a URL");
        let address = StreamAddress::new(url, name.as_str()).expect("a stream");
        (name, address)
    }
}

/// The embedded log, in a folder of its own.
pub struct Embedded(TempDir);

/// A broker: the one that the test command has started, or one of its own.
pub enum Kafka {
    /// At this URL.
    Shared(String),
    /// Gone with the test.
    Own(Private),
}

/// A Redis server, likewise.
pub enum Redis {
    /// At this URL.
    Shared(String),
    /// Gone with the test.
    Own(Private),
}

impl Embedded {
    /// It needs nothing that might be missing.
    pub fn get() -> Option<Self> {
        Some(Self(tempfile::tempdir().expect("a folder")))
    }
}

impl Kafka {
    /// The shared one; `None` where its tests are to be skipped.
    pub fn get() -> Option<Self> {
        shared("KAFKA", "kafka").map(Self::Shared)
    }

    /// One that the test may kill; `None` where its tests are to be skipped.
    pub fn own() -> Option<Self> {
        (!skipped("KAFKA")).then(|| Self::Own(Private::start("kafka", "SERIATIM_TEST_KAFKA")))
    }
}

impl Redis {
    /// The shared one; `None` where its tests are to be skipped.
    pub fn get() -> Option<Self> {
        shared("REDIS", "redis").map(Self::Shared)
    }

    /// One that the test may kill; `None` where its tests are to be skipped.
    pub fn own() -> Option<Self> {
        (!skipped("REDIS")).then(|| Self::Own(Private::start("redis", "SERIATIM_TEST_REDIS")))
    }
}

/// Whether its tests are to be skipped; says so where they are.
fn skipped(name: &str) -> bool {
    let variable = format!("SERIATIM_SKIP_{name}");
    let skipped = std::env::var(&variable).is_ok_and(|value| value == "1");
    if skipped {
        println!("skipped: streams over {name}, since {variable}=1");
    }
    skipped
}

fn shared(name: &str, service: &str) -> Option<String> {
    let variable = format!("SERIATIM_TEST_{name}");
    (!skipped(name)).then(|| {
        std::env::var(&variable).unwrap_or_else(|_| {
            panic!(
                "{variable} is not set: run the test command setup/test, or \
                 eval \"$(setup/services start {service})\", or set SERIATIM_SKIP_{name}=1"
            )
        })
    })
}

impl Server for Embedded {
    fn url(&self) -> String {
        format!("sqlite:{}", self.0.path().display())
    }

    async fn records(&self, address: &StreamAddress) -> u64 {
        count_of_log(&self.url(), address).await
    }
}

impl Server for Kafka {
    fn url(&self) -> String {
        match self {
            Self::Shared(url) => url.clone(),
            Self::Own(private) => private.url.clone(),
        }
    }

    async fn records(&self, address: &StreamAddress) -> u64 {
        count_of_log(&self.url(), address).await
    }
}

impl Server for Redis {
    fn url(&self) -> String {
        match self {
            Self::Shared(url) => url.clone(),
            Self::Own(private) => private.url.clone(),
        }
    }

    async fn records(&self, address: &StreamAddress) -> u64 {
        let client = redis::Client::open(self.url()).expect("a client");
        let mut connection = client.get_multiplexed_async_connection().await.expect("Redis");
        let name = name_of(address);
        redis::cmd("XLEN").arg(name).query_async(&mut connection).await.expect("a length")
    }
}

fn name_of(address: &StreamAddress) -> String {
    let text = address.to_string();
    text.rsplit_once('#').expect("URL and name").1.to_owned()
}

async fn count_of_log(url: &str, address: &StreamAddress) -> u64 {
    use event_log::{LogSettings, Topic};
    use order_domain::Partition;
    let log = event_log::open(&LogSettings::new(url)).await.expect("the log");
    let topic = Topic::new(name_of(address)).expect("a topic");
    let partitions = log.partition_count(&topic).await.expect("a count");
    let mut count = 0;
    for partition in (0..partitions).map(Partition) {
        count += log.ends(&topic, partition).await.expect("ends").next.0;
    }
    count
}

/// A service that belongs to one test.
pub struct Private {
    service: &'static str,
    folder: TempDir,
    url: String,
}

impl Private {
    fn start(service: &'static str, variable: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut private = Self { service, folder, url: String::new() };
        let environment = private.services("start");
        let line = environment.lines().find_map(|line| {
            line.strip_prefix("export ")?.strip_prefix(variable)?.strip_prefix('=')
        });
        line.expect("the service says where it is").clone_into(&mut private.url);
        private
    }

    /// Ends it as a crash would, and starts it again on the same port and data.
    pub fn crash(&self) {
        self.services("kill");
        self.services("start");
    }

    fn services(&self, command: &str) -> String {
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../setup/services");
        let output = Command::new(script)
            .args([command, self.service, "--dir"])
            .arg(self.folder.path().join("services"))
            .output()
            .expect("setup/services runs");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "setup/services {command}: {errors}");
        String::from_utf8(output.stdout).expect("text")
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        self.services("remove");
    }
}
