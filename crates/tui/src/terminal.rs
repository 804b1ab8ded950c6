//! The terminal itself: taken over at the start, and given back as it was at every end, a panic among them.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd as _;
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, Once, OnceLock, PoisonError};

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{DisableMouseCapture, EnableMouseCapture};
use ratatui::crossterm::terminal::{
    self, BeginSynchronizedUpdate, DisableLineWrap, EnableLineWrap, EndSynchronizedUpdate,
    EnterAlternateScreen, LeaveAlternateScreen,
};
use ratatui::crossterm::{cursor, execute, queue};
use ratatui::layout::Size;

use crate::screen;
use crate::state::State;

/// Whether the terminal is ours at this moment. Whoever writes to it, and whoever gives it back, holds the lock: a panic in
/// one thread must not fall into the middle of a screen that another is drawing.
static TAKEN: Mutex<bool> = Mutex::new(false);
/// The terminal to write to: stdout, but not by its lock, which somebody may hold for as long as this program lives.
static OUT: OnceLock<File> = OnceLock::new();
/// Whether some thread of this program panicked.
static PANICKED: AtomicBool = AtomicBool::new(false);

type Screen = ratatui::Terminal<CrosstermBackend<Sheet>>;

/// A terminal that is ours until it is dropped.
pub(crate) struct Terminal {
    screen: Screen,
    mouse: bool,
}

impl std::fmt::Debug for Terminal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Terminal").field("mouse", &self.mouse).finish_non_exhaustive()
    }
}

impl Terminal {
    /// Takes the terminal of stdin and stdout over: raw input, a screen of its own, no cursor, the mouse if wanted.
    ///
    /// # Errors
    /// It is no terminal, or does not answer.
    pub(crate) fn take(mouse: bool) -> io::Result<Terminal> {
        let out = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        OUT.get_or_init(|| out);
        give_back_when_panicking();
        let screen = ratatui::Terminal::new(CrosstermBackend::new(Sheet::default()))?;
        let terminal = Terminal { screen, mouse };
        terminal.enter()?;
        Ok(terminal)
    }

    fn enter(&self) -> io::Result<()> {
        *taken() = true;
        terminal::enable_raw_mode()?;
        let mut out = out()?;
        execute!(out, EnterAlternateScreen, DisableLineWrap, cursor::Hide)?;
        if self.mouse {
            execute!(out, EnableMouseCapture)?;
        }
        Ok(())
    }

    /// Its size.
    pub(crate) fn size(&self) -> io::Result<Size> {
        self.screen.size()
    }

    /// Draws what changed since it was last drawn, in one go.
    pub(crate) fn draw(&mut self, state: &State) -> io::Result<()> {
        self.screen.draw(|frame| screen::draw(state, frame)).map(|_| ())
    }

    /// Forgets what the terminal shows, so that the next drawing draws all of it. It must not ask the terminal anything: the
    /// answer would go to whoever reads the keys.
    pub(crate) fn forget(&mut self) -> io::Result<()> {
        let whole = self.screen.size()?.into();
        self.screen.resize(whole)
    }

    /// Gives the terminal back, stops until somebody continues this program, and takes it over again.
    pub(crate) fn suspend(&mut self) -> io::Result<()> {
        give_back();
        let own = rustix::process::getpid();
        rustix::process::kill_process(own, rustix::process::Signal::STOP)?;
        self.enter()?;
        self.forget()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
    }
}

/// Whether some thread has panicked; then the terminal has been given back already.
pub(crate) fn panicked() -> bool {
    PANICKED.load(Ordering::SeqCst)
}

/// The terminal, once it was taken.
fn out() -> io::Result<&'static File> {
    OUT.get().ok_or_else(|| io::Error::other("no terminal was taken"))
}

fn taken() -> MutexGuard<'static, bool> {
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives the terminal back, once. What cannot be written to a terminal that is gone is of no use to anyone.
fn give_back() {
    let mut taken = taken();
    if !std::mem::replace(&mut *taken, false) {
        return;
    }
    if let Ok(mut out) = out() {
        let _ =
            execute!(out, DisableMouseCapture, EnableLineWrap, LeaveAlternateScreen, cursor::Show);
    }
    let _ = terminal::disable_raw_mode();
}

/// Lets a panic's words appear on a screen that shows them.
fn give_back_when_panicking() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            PANICKED.store(true, Ordering::SeqCst);
            give_back();
            before(info);
        }));
    });
}

/// What is to be drawn, gathered until all of it can go to the terminal in one write, between the marks by which a terminal
/// knows that it is one picture. What is still gathered when this is dropped was never meant to be seen.
#[derive(Debug, Default)]
struct Sheet(Vec<u8>);

impl Write for Sheet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.is_empty() {
            queue!(self.0, BeginSynchronizedUpdate)?;
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        queue!(self.0, EndSynchronizedUpdate)?;
        let taken = taken();
        let written = if *taken { out()?.write_all(&self.0) } else { Ok(()) };
        self.0.clear();
        written
    }
}
