//! What all routes share.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use ramscope_observe::clock::Clock;
use ramscope_observe::history::History;
use ramscope_sim::alloc::Requests;
use ramscope_sim::paging::References;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::clients::Clients;
use crate::error::WebError;
use crate::host::HostList;
use crate::live::Live;
use crate::page::Zipped;
use crate::past::Past;
use crate::problem::Problem;
use crate::processes::inside::Looks;
use crate::session::Sessions;
use crate::settings::Settings;
use crate::sim::{Machines, Shelf};
use crate::stress::Desk;
use crate::turns::Turns;

/// Simulations that are worked on at once: the serving thread and the sampler go on beside them.
const SIMS_AT_ONCE: usize = 1;

/// Simulations that are worked on or wait; one more is told to come back.
const SIMS_WAITING_MAX: usize = 64;

/// Orders about loads that are carried out or wait; one more is told to come back.
const ORDERS_WAITING_MAX: usize = 16;

/// Looks into processes that are taken or wait; one more is told to come back.
const INSIDES_WAITING_MAX: usize = 16;
/// Questions about tracked programs that are worked on at once: more would only fight for their names.
const HEAPS_AT_ONCE: usize = 1;

/// Questions about tracked programs that are worked on or wait; one more is told to come back.
const HEAPS_WAITING_MAX: usize = 64;

/// What all routes share.
#[derive(Debug)]
pub(crate) struct App {
    /// What the server was told.
    pub(crate) settings: Settings,
    /// The address that is listened on.
    pub(crate) address: SocketAddr,
    /// Whether other machines can reach it, so that everyone must show the token.
    pub(crate) exposed: bool,
    /// The latest sample.
    pub(crate) live: Live,
    /// The recorded past.
    past: Option<Past>,
    /// The simulators' queue.
    pub(crate) sims: Turns,
    /// Who is asking them.
    pub(crate) clients: Clients,
    /// The reference strings that they are asked about.
    pub(crate) strings: Arc<Shelf<References>>,
    /// The lists of requests that they are asked about.
    pub(crate) lists: Arc<Shelf<Requests>>,
    /// Machines that have read such lists.
    pub(crate) machines: Arc<Machines>,
    /// Where loads on memory are ordered; none on a server that was told no way to start them.
    pub(crate) stress: Option<Arc<Desk>>,
    /// The queue before that desk.
    pub(crate) orders: Turns,
    /// Looks into processes that later ones are compared with.
    pub(crate) looks: Looks,
    /// The queue before the next look.
    pub(crate) insides: Turns,
    /// The queue before the tracked programs.
    pub(crate) heap_questions: Turns,
    /// Links and cookies.
    pub(crate) sessions: Sessions,
    /// The names of this server.
    pub(crate) hosts: HostList,
    /// The page's files, gzipped.
    pub(crate) zipped: Zipped,
    /// The time of day, for what is asked relative to now.
    pub(crate) clock: Clock,
    /// Becomes true when the server stops.
    pub(crate) stop: watch::Receiver<bool>,
}

impl App {
    /// A server that listens on `address`, which may differ from the one it was told in its port.
    pub(crate) fn new(
        settings: Settings,
        address: SocketAddr,
        live: Live,
        history: Option<History>,
        stop: watch::Receiver<bool>,
    ) -> App {
        App {
            address,
            exposed: !address.ip().to_canonical().is_loopback(),
            live,
            past: history.map(Past::new),
            sims: Turns::new(SIMS_AT_ONCE, SIMS_WAITING_MAX, "the simulators"),
            clients: Clients::default(),
            strings: Arc::default(),
            lists: Arc::default(),
            machines: Arc::default(),
            stress: settings.stress.clone().map(|launch| Arc::new(Desk::new(launch))),
            orders: Turns::new(1, ORDERS_WAITING_MAX, "loads on memory"),
            looks: Looks::default(),
            insides: Turns::new(1, INSIDES_WAITING_MAX, "the inside of processes"),
            heap_questions: Turns::new(HEAPS_AT_ONCE, HEAPS_WAITING_MAX, "tracked programs"),
            sessions: Sessions::new(address.port()),
            hosts: HostList::new(address, &settings.allow_hosts),
            zipped: Zipped::default(),
            clock: Clock::system(),
            stop,
            settings,
        }
    }

    /// The recorded past.
    ///
    /// # Errors
    /// 404 where nothing is recorded.
    pub(crate) fn past(&self) -> Result<&Past, Problem> {
        self.past.as_ref().ok_or_else(|| {
            Problem::switched_off(
                "this server records nothing, so there is no history: see its log for the reason, \
                 and restart it with a data directory that it can write",
            )
        })
    }

    /// Whether somebody with the token may put a load on memory here.
    pub(crate) fn may_stress(&self) -> bool {
        self.stress.is_some() && !self.settings.read_only
    }

    /// The page's address as somebody on this machine opens it.
    pub(crate) fn origin(&self) -> String {
        let ip = match self.address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
            ip => ip,
        };
        format!("http://{}/", SocketAddr::new(ip, self.address.port()))
    }

    /// The page's address with a fresh one-time code.
    pub(crate) fn link(&self) -> Result<String, WebError> {
        let code = self.sessions.issue_link(Instant::now())?;
        Ok(format!("{}?token={code}", self.origin()))
    }
}
