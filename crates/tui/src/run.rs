//! The screen at work: events come in over one channel, the state takes them, and what changed is drawn.
//!
//! ```text
//!   sampler ─ moments ─▶┐
//!   terminal ─ keys ───▶├─▶ channel ─▶ State::update ─▶ draw ─▶ terminal
//!   signals ───────────▶│        ▲            │
//!   history ─ answers ─▶┘        └── asks ◀───┘
//! ```
//!
//! Everything that waits in the channel is taken before one drawing, so that a slow line gets the newest screen and not all
//! those before it. Nothing wakes but what happened: without keys, a drawing a tick.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender, TrySendError};
use std::thread;
use std::time::Duration;

use jiff::tz::TimeZone;
use ratatui::crossterm::event as terminal_event;
use ratatui::layout::Size;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::look::Look;
use crate::moment::Moment;
use crate::state::{Answer, Place, Question, State};
use crate::terminal::{self, Terminal};
use crate::update::{Effect, Event};

/// Events that may wait; ticks beyond are dropped, keys wait for room.
const WAITING: usize = 256;
/// How often to look whether another thread panicked.
const WATCH: Duration = Duration::from_secs(1);

/// Who answers questions about the past.
pub trait Past: Send {
    /// Answers one question. It may take its time: the screen goes on meanwhile.
    fn answer(&mut self, question: Question) -> Answer;
}

/// What the screen is begun with.
#[derive(Clone, Debug)]
pub struct Setup {
    /// What is looked at.
    pub place: Place,
    /// How it looks.
    pub look: Look,
    /// The wall clock's zone.
    pub zone: TimeZone,
    /// Whether the mouse is listened to.
    pub mouse: bool,
    /// What the list begins with.
    pub start: Start,
}

/// How the list of processes is when the screen begins.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// Its order.
    pub sort: crate::rows::Sort,
    /// Its filter; empty shows all.
    pub filter: String,
    /// What is summed.
    pub group: crate::rows::Group,
    /// Whether it is a tree.
    pub tree: bool,
}

/// How the screen ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// By its key, or because a service manager or the terminal's end asked for it.
    Done,
    /// By Ctrl-C or SIGINT.
    Interrupted,
}

/// Where moments go in. Copies lead to the same screen.
#[derive(Clone, Debug)]
pub struct Inlet(SyncSender<Message>);

/// Where they come out: for [`run`].
#[derive(Debug)]
pub struct Outlet(Receiver<Message>, Inlet);

#[derive(Debug)]
enum Message {
    Event(Event),
    Signal(i32),
    /// The keyboard is gone.
    Hangup,
}

/// A way for moments into a screen.
#[must_use]
pub fn channel() -> (Inlet, Outlet) {
    let (sender, receiver) = mpsc::sync_channel(WAITING);
    (Inlet(sender.clone()), Outlet(receiver, Inlet(sender)))
}

impl Inlet {
    /// Hands a moment over without waiting. Where the terminal is so slow that many wait already, it is dropped: there is
    /// a newer one soon.
    pub fn offer(&self, moment: Arc<Moment>) {
        match self.0.try_send(Message::Event(Event::Tick(moment))) {
            Ok(()) | Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {}
        }
    }

    /// Hands something over, waiting for room; whether anyone still listens.
    fn send(&self, message: Message) -> bool {
        self.0.send(message).is_ok()
    }
}

/// Shows the screen until somebody ends it. The terminal is as it was before when this returns.
///
/// # Errors
/// Stdout or stdin is no terminal, or the terminal is gone.
pub fn run(setup: Setup, outlet: Outlet, past: Option<Box<dyn Past>>) -> io::Result<End> {
    let Outlet(messages, inlet) = outlet;
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP, SIGCONT])?;
    let mut terminal = Terminal::take(setup.mouse)?;
    let mut state = State::new(setup.place, setup.look, setup.zone, terminal.size()?);
    state.begin(setup.start);
    let questions = past.map(|past| answer_all(past, inlet.clone())).transpose()?;
    let handle = signals.handle();
    let from_signals = inlet.clone();
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        signals.forever().all(|signal| from_signals.send(Message::Signal(signal)));
    })?;
    thread::Builder::new().name("keys".to_owned()).spawn(move || read_keys(&inlet))?;
    let end = show(&mut state, &mut terminal, &messages, questions.as_ref());
    handle.close();
    end
}

fn show(
    state: &mut State,
    terminal: &mut Terminal,
    messages: &Receiver<Message>,
    questions: Option<&Sender<Question>>,
) -> io::Result<End> {
    terminal.draw(state)?;
    loop {
        let first = match messages.recv_timeout(WATCH) {
            Ok(message) => message,
            Err(RecvTimeoutError::Timeout) if !terminal::panicked() => continue,
            Err(_) => {
                return Err(io::Error::other("a part of this program failed; its words are above"));
            }
        };
        for message in std::iter::once(first).chain(messages.try_iter()) {
            match taken(state, terminal, message, questions)? {
                Some(end) => return Ok(end),
                None if terminal::panicked() => break,
                None => {}
            }
        }
        if !terminal::panicked() {
            terminal.draw(state)?;
        }
    }
}

/// Takes one message; how the screen ends, if it does.
fn taken(
    state: &mut State,
    terminal: &mut Terminal,
    message: Message,
    questions: Option<&Sender<Question>>,
) -> io::Result<Option<End>> {
    let (event, interrupts) = match message {
        Message::Hangup | Message::Signal(SIGTERM | SIGHUP) => return Ok(Some(End::Done)),
        Message::Signal(SIGINT) => return Ok(Some(End::Interrupted)),
        Message::Signal(_) => {
            // Continued: whoever ran meanwhile may have drawn anything.
            terminal.forget()?;
            return Ok(None);
        }
        Message::Event(event) => {
            let interrupts = matches!(&event, Event::Key(key) if key.modifiers.contains(
                terminal_event::KeyModifiers::CONTROL
            ));
            (event, interrupts)
        }
    };
    for effect in state.update(event) {
        match effect {
            Effect::Quit if interrupts => return Ok(Some(End::Interrupted)),
            Effect::Quit => return Ok(Some(End::Done)),
            Effect::Suspend => terminal.suspend()?,
            Effect::Redraw => terminal.forget()?,
            Effect::Ask(question) => {
                // Nobody answers after the history's thread failed, which has been told.
                let _ = questions.map(|questions| questions.send(question));
            }
        }
    }
    Ok(None)
}

/// Keys, the mouse and sizes, until the terminal is gone.
fn read_keys(inlet: &Inlet) {
    loop {
        let event = match terminal_event::read() {
            Ok(terminal_event::Event::Key(key)) => Event::Key(key),
            Ok(terminal_event::Event::Mouse(mouse)) => Event::Mouse(mouse),
            Ok(terminal_event::Event::Resize(width, height)) => {
                Event::Resize(Size { width, height })
            }
            Ok(_) => continue,
            Err(_) => {
                inlet.send(Message::Hangup);
                return;
            }
        };
        if !inlet.send(Message::Event(event)) {
            return;
        }
    }
}

/// A thread that answers; of questions that wait, only the newest of each kind.
fn answer_all(mut past: Box<dyn Past>, inlet: Inlet) -> io::Result<Sender<Question>> {
    let (sender, questions) = mpsc::channel::<Question>();
    thread::Builder::new().name("history".to_owned()).spawn(move || {
        while let Ok(first) = questions.recv() {
            let (mut course, mut moment) = (None, None);
            for question in std::iter::once(first).chain(questions.try_iter()) {
                match question {
                    Question::Course { .. } => course = Some(question),
                    Question::Moment { .. } => moment = Some(question),
                }
            }
            for question in moment.into_iter().chain(course) {
                let answer = past.answer(question);
                if !inlet.send(Message::Event(Event::Answer(answer))) {
                    return;
                }
            }
        }
    })?;
    Ok(sender)
}
