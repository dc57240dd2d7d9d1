//! A terminal of its own for a program, and somebody who types.

use std::io::{Read as _, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::House;

/// Nothing that is waited for takes longer.
const WAIT_MAX: Duration = Duration::from_secs(90);
/// Rows and columns of a terminal that nobody made smaller.
const SIZE: [u16; 2] = [30, 160];

/// What a terminal was told to show.
struct Shown {
    screen: vt100::Parser,
    /// All of it, however small the screen is.
    all: String,
}

/// A shell line that runs in a terminal.
pub struct Terminal {
    child: Child,
    typing: ChildStdin,
    shown: Arc<Mutex<Shown>>,
    reading: JoinHandle<()>,
}

impl Terminal {
    /// Runs one of the tools of a house.
    pub fn run(house: &House, tool: &str, arguments: &str) -> Self {
        Self::sized(house, tool, arguments, SIZE)
    }

    /// The same in a terminal of so many rows and columns. Before and behind it the terminal's settings are
    /// printed. Ctrl-C ends the tool and not the shell.
    pub fn sized(house: &House, tool: &str, arguments: &str, [rows, columns]: [u16; 2]) -> Self {
        let tool = house.tool(tool);
        let program = tool.get_program().to_str().expect("a path in UTF-8");
        let line = format!(
            "trap : INT; stty rows {rows} cols {columns}; echo tty-before $(stty -g); \
             {program} {arguments}; echo exit-code $?; echo tty-behind $(stty -g)"
        );
        // script(1) makes the terminal.
        let mut child = Command::new("script")
            .args(["-qfec", &line, "/dev/null"])
            .envs(tool.get_envs().filter_map(|(name, value)| Some((name, value?))))
            .env("SHELL", "/bin/sh")
            .env("TERM", "xterm-256color")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("script makes a terminal");
        let typing = child.stdin.take().expect("stdin is piped");
        let mut output = child.stdout.take().expect("stdout is piped");
        let screen = vt100::Parser::new(rows, columns, 0);
        let shown = Arc::new(Mutex::new(Shown { screen, all: String::new() }));
        let show = shown.clone();
        let reading = std::thread::spawn(move || {
            let mut bytes = [0; 4_096];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                let mut shown = show.lock().unwrap();
                shown.screen.process(&bytes[..count]);
                shown.all.push_str(&String::from_utf8_lossy(&bytes[..count]));
            }
        });
        Self { child, typing, shown, reading }
    }

    /// What is on the screen now.
    pub fn screen(&self) -> String {
        self.shown.lock().unwrap().screen.screen().contents()
    }

    /// Waits until the screen shows what it must.
    pub async fn wait_until(&self, holds: impl Fn(&str) -> bool) {
        let began = Instant::now();
        while !holds(&self.screen()) {
            assert!(began.elapsed() < WAIT_MAX, "it never comes:\n{}", self.screen());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Whether a program has the whole screen.
    pub fn is_taken(&self) -> bool {
        self.shown.lock().unwrap().screen.screen().alternate_screen()
    }

    /// Types.
    pub fn types(&mut self, keys: &str) {
        self.typing.write_all(keys.as_bytes()).expect("the terminal takes keys");
        self.typing.flush().expect("the terminal takes keys");
    }

    /// The line has come to its end: the program ended with this code, and the terminal is as it was. Gives
    /// what the screen shows.
    pub async fn ends_as_it_began(mut self, code: i32) -> String {
        let began = Instant::now();
        // Line by line, since a small screen does not show them all.
        while line_of(&self.all(), "tty-behind ").is_none() {
            assert!(began.elapsed() < WAIT_MAX, "it does not end:\n{}", self.screen());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        drop(self.typing);
        self.child.wait().expect("script ends");
        self.reading.join().expect("all was read");
        let shown = self.shown.lock().unwrap();
        let (screen, all) = (shown.screen.screen(), &shown.all);
        assert!(!screen.alternate_screen(), "what was there before is shown again");
        assert!(!screen.hide_cursor(), "the cursor is there");
        let contents = screen.contents();
        let own_line = !contents.contains("exit-code") || contents.contains("\nexit-code");
        assert!(
            own_line || contents.starts_with("exit-code"),
            "the last line has its end: {contents}"
        );
        assert!(!contents.contains('━'), "nothing that was under way is left: {contents}");
        assert_eq!(line_of(all, "exit-code "), Some(code.to_string().as_str()), "{all}");
        assert_eq!(
            line_of(all, "tty-behind "),
            line_of(all, "tty-before "),
            "the terminal's settings"
        );
        screen.contents()
    }

    fn all(&self) -> String {
        self.shown.lock().unwrap().all.clone()
    }
}

/// What stands behind `name` in a line that has come to its end.
fn line_of<'a>(all: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = all.rsplit_once(name)?;
    rest.split_once("\r\n").map(|(line, _)| line)
}
