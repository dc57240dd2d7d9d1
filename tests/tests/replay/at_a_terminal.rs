//! The bars of `replay` as a person sees them: however a command ends, the terminal is as it was, and all
//! that stays is what the command said.

use std::fs::File;
use std::net::TcpListener;
use std::process::Command;

use tests::{House, Profile, Terminal};

use crate::desk::Desk;
use crate::purchases;

const CTRL_C: &str = "\u{3}";

/// A folder with an archive `a` of 1,000 purchases, and terminals.
struct Person {
    desk: Desk,
    house: House,
}

impl Person {
    fn new() -> Self {
        let desk = Desk::new();
        std::fs::write(desk.path("purchases.txt"), purchases::text()).expect("written");
        desk.succeeds(&["ingest", "purchases.txt", "--mapping", "cdnow", "--to", "a"]);
        let house = House::new(Profile::Embedded).expect("it needs nothing");
        Self { desk, house: house.with("RUST_LOG", "warn,service_kit::shutdown=info") }
    }

    /// Runs a command in which `@name` is something in the folder.
    fn runs(&self, line: &str) -> Terminal {
        let line = line.replace('@', &self.desk.path(""));
        Terminal::run(&self.house, "replay", &line)
    }

    /// Types Ctrl-C once the command shows how far it is. Gives what stays.
    async fn interrupts(&self, line: &str, under_way: &str, code: i32) -> String {
        let mut terminal = self.runs(line);
        terminal.wait_until(|screen| screen.contains(under_way)).await;
        terminal.types(CTRL_C);
        let screen = terminal.ends_as_it_began(code).await;
        assert!(!screen.contains(under_way), "{screen}");
        screen
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_or_fails_takes_its_bar_away() {
    let person = Person::new();
    let sink = person.desk.starts(&["load-sink", "--listen", "127.0.0.1:0"]);
    let sink = format!("serialout @a --max --target {}", sink.says("listening on "));
    for (line, code, said) in [
        ("ingest @purchases.txt --mapping cdnow --to @b", 0, "1000 requests of 1 files"),
        ("ingest @purchases.txt --mapping cdnow --to @b", 1, "already"),
        ("serialin @a --to sqlite:@log", 0, "all are in the stream"),
        ("serialin @b --to sqlite:@log", 1, "a stream holds one archive"),
        ("dump --from sqlite:@log --archive @c", 0, "1000 entries"),
        ("dump --from sqlite:@log --archive @c", 1, "already"),
        (&sink, 0, "from the intended start"),
        ("serialout @a --max --target http://127.0.0.1:1 --give-up 1ms", 1, "error: "),
    ] {
        let screen = person.runs(line).ends_as_it_began(code).await;
        assert!(screen.contains(said), "{line}: {screen}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_leaves_no_bar_behind() {
    let person = Person::new();
    // A source that never says anything.
    let made = Command::new("mkfifo").arg(person.desk.path("silent")).status();
    assert!(made.expect("mkfifo runs").success());
    let both_ends = File::options().read(true).write(true).open(person.desk.path("silent"));
    let _open = both_ends.expect("it opens");
    let ingest = "ingest @silent --mapping cdnow --to @d";
    let screen = person.interrupts(ingest, "ingest ", 1).await;
    assert!(screen.contains("error: stopped before the end; "), "{screen}");

    // A server that takes connections, and never says anything.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = silent.local_addr().expect("an address");
    let serialin = format!("serialin @a --to redis://{at}/0");
    let screen = person.interrupts(&serialin, "/1,000 (", 1).await;
    assert!(screen.contains("stopped before"), "{screen}");

    let sink = person.desk.starts(&["load-sink", "--listen", "127.0.0.1:0"]);
    let serialout = format!("serialout @a --rate 1/s --target {}", sink.says("listening on "));
    let screen = person.interrupts(&serialout, " 1/1,000 (", 130).await;
    assert!(screen.contains("ended early"), "{screen}");
    // What is logged meanwhile has a line of its own.
    let logged = screen.lines().find(|line| line.contains("once more to stop at once"));
    let logged = logged.unwrap_or_else(|| panic!("{screen}"));
    assert!(!logged.contains("serialout ") && !logged.contains("^C"), "{screen}");
}
