//! Somewhere to run the real program `seriatim`, kill it, and start it again on the same data.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::mariadb::Mariadb;
use crate::services::{Services, workspace};
use crate::sql_server::SqlServer;

/// No program may take longer to start or stop.
const PATIENCE: Duration = Duration::from_mins(1);

/// What it runs over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// The embedded log and SQLite.
    Embedded,
    /// Kafka and Postgres.
    Distributed,
    /// The embedded log and MariaDB.
    Mariadb,
    /// The embedded log and a SQL Server.
    SqlServer,
}

/// A data directory, and what the profile needs beside it.
pub struct House {
    directory: tempfile::TempDir,
    beside: Beside,
    settings: Vec<(String, String)>,
}

/// What a house has beside its data directory.
enum Beside {
    Nothing,
    Services(Services),
    Mariadb(Mariadb),
    SqlServer(SqlServer),
}

/// A running program. Dropping it kills it.
pub struct Running {
    child: Child,
    url: String,
}

impl House {
    /// An empty house; `None`, with a line that says so, where the test command found that a service
    /// can't be had on this machine.
    pub fn new(profile: Profile) -> Option<Self> {
        let skip = ["SERIATIM_SKIP_KAFKA", "SERIATIM_SKIP_POSTGRES"];
        if profile == Profile::Distributed
            && skip.iter().any(|name| std::env::var_os(name).is_some())
        {
            println!("skipped: no Kafka or no Postgres on this machine");
            return None;
        }
        let directory = tempfile::tempdir().expect("a data directory");
        let beside = match profile {
            Profile::Embedded => Beside::Nothing,
            Profile::Distributed => Beside::Services(Services::start()),
            Profile::Mariadb => Beside::Mariadb(Mariadb::create()?),
            Profile::SqlServer => Beside::SqlServer(SqlServer::create()?),
        };
        Some(Self { directory, beside, settings: Vec::new() })
    }

    /// Sets an environment variable for every program that is started from now on.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// What it runs over.
    pub const fn profile(&self) -> Profile {
        match self.beside {
            Beside::Nothing => Profile::Embedded,
            Beside::Services(_) => Profile::Distributed,
            Beside::Mariadb(_) => Profile::Mariadb,
            Beside::SqlServer(_) => Profile::SqlServer,
        }
    }

    /// Kafka and Postgres.
    pub fn services(&self) -> &Services {
        match &self.beside {
            Beside::Services(services) => services,
            _ => panic!("only the distributed profile has them"),
        }
    }

    /// The database of its profile.
    pub fn mariadb(&self) -> &Mariadb {
        match &self.beside {
            Beside::Mariadb(mariadb) => mariadb,
            _ => panic!("only one profile has it"),
        }
    }

    /// The database of its profile.
    pub fn sql_server(&self) -> &SqlServer {
        match &self.beside {
            Beside::SqlServer(server) => server,
            _ => panic!("only one profile has it"),
        }
    }

    /// The log's URL.
    pub fn log_url(&self) -> String {
        match &self.beside {
            Beside::Services(services) => services.kafka().to_owned(),
            Beside::Nothing | Beside::Mariadb(_) | Beside::SqlServer(_) => {
                format!("sqlite:{}", self.data_dir().join("log").display())
            }
        }
    }

    /// The store's URL.
    pub fn store_url(&self) -> String {
        match &self.beside {
            Beside::Services(services) => services.postgres().to_owned(),
            Beside::Mariadb(mariadb) => mariadb.url(),
            Beside::SqlServer(server) => server.url(),
            Beside::Nothing => {
                format!("sqlite:{}", self.data_dir().join("store.sqlite").display())
            }
        }
    }

    /// The data directory.
    pub fn data_dir(&self) -> &Path {
        self.directory.path()
    }

    /// Starts the all-in-one on a free port and waits until it says that it is ready.
    pub fn start(&self) -> Running {
        Self::start_all_in_one(&mut self.command("seriatim", "127.0.0.1:0"))
    }

    /// [`start`](Self::start), but nobody reads stderr: whoever did has closed it.
    pub fn start_with_closed_stderr(&self) -> Running {
        let mut command = self.command("seriatim", "127.0.0.1:0");
        let mut running = Self::start_all_in_one(command.stderr(Stdio::piped()));
        drop(running.child.stderr.take());
        running
    }

    /// [`start`](Self::start), with stderr going to a file.
    pub fn start_logging_to(&self, file: File) -> Running {
        let mut command = self.command("seriatim", "127.0.0.1:0");
        Self::start_all_in_one(command.stderr(file))
    }

    fn start_all_in_one(command: &mut Command) -> Running {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("seriatim starts");
        let stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let url = stdout.lines().map_while(Result::ok).find_map(|line| {
            let rest = line.trim_start().strip_prefix("HTTP")?;
            rest.split_whitespace().next().map(str::to_owned)
        });
        match url {
            Some(url) => Running { child, url },
            None => panic!("seriatim ended before it was ready: {:?}", child.wait()),
        }
    }

    /// Starts one of the programs apart, on a free port, and waits until that is open.
    pub fn start_apart(&self, name: &str) -> Running {
        let began = Instant::now();
        loop {
            let address = free_address();
            let child = self.command(name, &address).spawn().expect("the program starts");
            let mut running = Running { child, url: format!("http://{address}") };
            while !running.has_ended() {
                assert!(began.elapsed() < PATIENCE, "{name} does not listen");
                if TcpStream::connect(&address).is_ok() {
                    return running;
                }
                std::thread::sleep(Duration::from_millis(5));
            }
            // Somebody else took the port in between: another one then.
            assert!(began.elapsed() < PATIENCE, "{name} ends again and again");
        }
    }

    /// Runs one of the programs to its end.
    pub fn ask(&self, name: &str, arguments: &[&str]) -> Output {
        self.ask_with(name, arguments, &[])
    }

    /// As [`ask`](Self::ask), with these environment variables set otherwise.
    pub fn ask_with(&self, name: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        let mut command = self.command(name, "127.0.0.1:0");
        command.args(arguments).envs(variables.iter().copied());
        command.output().expect("the program runs")
    }

    fn command(&self, name: &str, listen: &str) -> Command {
        let mut command = self.tool(name);
        command.args(["--listen", listen, "--data-dir"]).arg(self.data_dir());
        command
    }

    /// One of the programs that do something and end, with the settings of this house.
    pub fn tool(&self, name: &str) -> Command {
        let mut command = Command::new(program(name));
        command
            .env("SERIATIM_DATA_DIR", self.data_dir())
            .env("SERIATIM_LOG", self.log_url())
            .env("SERIATIM_STORE", self.store_url())
            .env("RUST_LOG", std::env::var("RUST_LOG").unwrap_or_else(|_| "error".to_owned()))
            .envs(self.settings.iter().cloned())
            .stdin(Stdio::null());
        command
    }
}

impl Running {
    /// `http://host:port`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The process's id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has ended by itself; it must not have done so with exit code 0.
    pub fn has_ended(&mut self) -> bool {
        let status = self.child.try_wait().expect("it can be waited for");
        assert!(!status.is_some_and(|status| status.success()), "it ended as if all were well");
        status.is_some()
    }

    /// kill -9.
    pub fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it can be waited for");
    }

    /// Asks it to stop and waits; it must end with exit code 0.
    pub fn stop(mut self) {
        let pid = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs");
        assert!(asked.success());
        let began = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("it can be waited for") {
                break status;
            }
            assert!(began.elapsed() < PATIENCE, "seriatim does not stop");
            std::thread::sleep(Duration::from_millis(5));
        };
        assert!(status.success(), "seriatim ended with {status}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that nobody listens on at the moment.
fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("it has an address").to_string()
}

/// The path of one of our programs: in `SERIATIM_TEST_PROGRAMS` where the test command has built
/// them, else built now.
pub fn program(name: &str) -> PathBuf {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    let given = || std::env::var_os("SERIATIM_TEST_PROGRAMS").map(PathBuf::from);
    DIRECTORY.get_or_init(|| given().unwrap_or_else(build_programs)).join(name)
}

fn build_programs() -> PathBuf {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--locked", "--workspace", "--bins"])
        .current_dir(workspace())
        .status()
        .expect("cargo runs");
    assert!(built.success(), "the programs build");
    // A test runs from <target>/debug/deps.
    let test = std::env::current_exe().expect("this test's own path");
    test.ancestors().nth(2).expect("<target>/debug").to_owned()
}
