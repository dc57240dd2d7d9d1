//! A terminal of its own for a program, and somebody who types.

use std::io::{Read as _, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tests::House;

/// Nothing that is waited for takes longer.
const WAIT_MAX: Duration = Duration::from_secs(90);
const ROWS: u16 = 30;
const COLUMNS: u16 = 160;

/// A shell line that runs in a terminal.
pub struct Terminal {
    child: Child,
    typing: ChildStdin,
    shown: Arc<Mutex<vt100::Parser>>,
    reading: JoinHandle<()>,
}

impl Terminal {
    /// Runs one of the tools of a house. Before and behind it the terminal's settings are printed.
    pub fn run(house: &House, tool: &str, arguments: &str) -> Self {
        let tool = house.tool(tool);
        let program = tool.get_program().to_str().expect("a path in UTF-8");
        let line = format!(
            "stty rows {ROWS} cols {COLUMNS}; echo before $(stty -g); {program} {arguments}; \
             echo ended $?; echo behind $(stty -g)"
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
        let shown = Arc::new(Mutex::new(vt100::Parser::new(ROWS, COLUMNS, 0)));
        let screen = shown.clone();
        let reading = std::thread::spawn(move || {
            let mut bytes = [0; 4_096];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                screen.lock().unwrap().process(&bytes[..count]);
            }
        });
        Self { child, typing, shown, reading }
    }

    /// What is on the screen now.
    pub fn screen(&self) -> String {
        self.shown.lock().unwrap().screen().contents()
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
        self.shown.lock().unwrap().screen().alternate_screen()
    }

    /// Types.
    pub fn types(&mut self, keys: &str) {
        self.typing.write_all(keys.as_bytes()).expect("the terminal takes keys");
        self.typing.flush().expect("the terminal takes keys");
    }

    /// The line has come to its end: the program ended with code 0, and the terminal is as it was.
    pub async fn ends_as_it_began(mut self) {
        self.wait_until(|screen| screen.contains("behind ")).await;
        drop(self.typing);
        self.child.wait().expect("script ends");
        self.reading.join().expect("all was read");
        let parser = self.shown.lock().unwrap();
        let screen = parser.screen();
        assert!(!screen.alternate_screen(), "what was there before is shown again");
        assert!(!screen.hide_cursor(), "the cursor is there");
        let text = screen.contents();
        assert!(text.contains("ended 0"), "{text}");
        let settings = |of: &str| {
            let line = text.lines().find_map(|line| line.trim().strip_prefix(of));
            line.unwrap_or_else(|| panic!("nothing {of}: {text}")).to_owned()
        };
        assert_eq!(settings("behind "), settings("before "), "the terminal's settings");
    }
}
