//! A terminal that is taken as a whole, and given back as it was.

use std::io::{self, IsTerminal as _, Stdout, Write as _};
use std::time::Duration;

use crossterm::cursor::{Hide, MoveTo, MoveToNextLine, Show};
use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::style::{Attribute, Print, SetAttribute};
use crossterm::terminal::{
    self, BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen,
};
use crossterm::{execute, queue};
use tokio::sync::mpsc;

/// How often the thread that waits for keys looks whether anybody still wants them.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Keys that nobody has taken yet, at most; further ones wait in the terminal.
const KEYS_WAITING_MAX: usize = 16;

/// How a line is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// As it is.
    Plain,
    /// A heading.
    Bold,
    /// Of less weight.
    Dim,
    /// Something that somebody should look at.
    Alarm,
}

/// A line of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) look: Look,
    pub(crate) text: String,
}

impl Line {
    /// A line as it is.
    pub(crate) fn plain(text: impl Into<String>) -> Self {
        Self { look: Look::Plain, text: text.into() }
    }

    /// A line that is shown so.
    pub(crate) fn of(look: Look, text: impl Into<String>) -> Self {
        Self { look, text: text.into() }
    }
}

/// What somebody did at the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// `q`, Escape, Ctrl-C or Ctrl-D.
    Quit,
    /// The terminal has another size: draw anew.
    Resized,
}

/// The terminal, until this is dropped.
pub(crate) struct Screen {
    out: Stdout,
    attributes: bool,
}

impl Screen {
    /// Whether there is a terminal, to be shown on and to be typed at.
    pub(crate) fn is_there() -> bool {
        io::stdout().is_terminal() && io::stdin().is_terminal()
    }

    /// Takes the terminal.
    pub(crate) fn open() -> io::Result<Self> {
        let attributes = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        terminal::enable_raw_mode()?;
        // From here on, whatever happens, it is given back.
        let mut screen = Self { out: io::stdout(), attributes };
        execute!(screen.out, EnterAlternateScreen, Hide)?;
        Ok(screen)
    }

    /// Shows these lines instead of what is shown. What does not fit is left out.
    pub(crate) fn draw(&mut self, lines: &[Line]) -> io::Result<()> {
        let (columns, rows) = terminal::size()?;
        queue!(self.out, BeginSynchronizedUpdate, MoveTo(0, 0))?;
        for line in lines.iter().take(usize::from(rows.saturating_sub(1))) {
            let text: String = line.text.chars().take(usize::from(columns)).collect();
            self.set(line.look)?;
            queue!(self.out, Print(text))?;
            self.set(Look::Plain)?;
            queue!(self.out, Clear(ClearType::UntilNewLine), MoveToNextLine(1))?;
        }
        queue!(self.out, Clear(ClearType::FromCursorDown), EndSynchronizedUpdate)?;
        self.out.flush()
    }

    fn set(&mut self, look: Look) -> io::Result<()> {
        let attribute = match look {
            Look::Plain => Attribute::Reset,
            Look::Bold => Attribute::Bold,
            Look::Dim => Attribute::Dim,
            Look::Alarm => Attribute::Reverse,
        };
        if self.attributes { queue!(self.out, SetAttribute(attribute)) } else { Ok(()) }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // There is nobody to tell of a terminal that went away.
        let _ = execute!(self.out, Show, LeaveAlternateScreen);
        let _ = terminal::disable_raw_mode();
    }
}

/// What is done at the terminal, from a thread of its own, until the receiver is dropped.
pub(crate) fn keys() -> io::Result<mpsc::Receiver<Key>> {
    let (sender, receiver) = mpsc::channel(KEYS_WAITING_MAX);
    let wait = move || {
        while !sender.is_closed() {
            let key = match event::poll(LOOK_EVERY) {
                Ok(false) => continue,
                Ok(true) => event::read().map(|event| key_of(&event)),
                Err(error) => Err(error),
            };
            // A terminal that can't be read can't be typed `q` at.
            if let Some(key) = key.unwrap_or(Some(Key::Quit))
                && sender.blocking_send(key).is_err()
            {
                return;
            }
        }
    };
    std::thread::Builder::new().name("keys".to_owned()).spawn(wait)?;
    Ok(receiver)
}

fn key_of(event: &Event) -> Option<Key> {
    match event {
        Event::Resize(..) => Some(Key::Resized),
        Event::Key(KeyEvent { kind: KeyEventKind::Release, .. }) => None,
        Event::Key(KeyEvent { code, modifiers, .. }) => match code {
            KeyCode::Char('q' | 'Q') | KeyCode::Esc => Some(Key::Quit),
            KeyCode::Char('c' | 'd') if modifiers.contains(KeyModifiers::CONTROL) => {
                Some(Key::Quit)
            }
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn q_and_ctrl_c_quit_and_other_keys_do_not() {
        let key = |code, modifiers| key_of(&Event::Key(KeyEvent::new(code, modifiers)));
        assert_eq!(key(KeyCode::Char('q'), KeyModifiers::NONE), Some(Key::Quit));
        assert_eq!(key(KeyCode::Char('c'), KeyModifiers::CONTROL), Some(Key::Quit));
        assert_eq!(key(KeyCode::Char('c'), KeyModifiers::NONE), None);
        assert_eq!(key_of(&Event::Resize(80, 24)), Some(Key::Resized));
    }
}
