//! The accept loop: connections, how many, how long, and how they end.
//!
//! Everything runs on the caller's runtime, which may have one thread. A connection that sends its request too
//! slowly, or takes its answer too slowly, is closed; one too many gets a short 503. So no number of strangers
//! keeps the owner of the machine out for long, and none of them makes memory grow.

use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1::Builder;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use ramscope_observe::history::History;
use tokio::io::AsyncWrite;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tower::ServiceExt;

use crate::app::App;
use crate::clients::Peer;
use crate::error::WebError;
use crate::live::Live;
use crate::patience::Patient;
use crate::router;
use crate::settings::Settings;

/// Most connections at once.
const CONNECTIONS_MAX: usize = 2000;

/// Most connections beyond those that are told so; further ones are closed without a word.
const REFUSALS_MAX: usize = 64;

/// Connections that the kernel holds until we take them.
const BACKLOG: u32 = 1024;

/// Longest time to send a request's head, and longest time between two requests.
const HEAD_LIFE: Duration = Duration::from_secs(10);

/// Longest time that a client may leave its answer unread.
const STALL_LIFE: Duration = Duration::from_secs(30);

/// Longest time that a closed connection is read on, so that the last answer is not lost.
const LINGER_LIFE: Duration = Duration::from_secs(1);

/// Longest wait for open answers after the order to stop.
const STOP_LIFE: Duration = Duration::from_millis(400);

/// Rest after the system refused a connection, for example for want of file descriptors.
const ACCEPT_REST: Duration = Duration::from_millis(50);

/// Bytes of one connection that the kernel keeps for a slow reader. Its own choice would be megabytes, and a
/// stream that lags by megabytes lags by minutes.
const SEND_BUFFER_BYTES: u32 = 128 * 1024;

/// Bytes of one connection that wait in this process, in each direction.
const BUFFER_BYTES: usize = 64 * 1024;

/// Most bytes in a request's head.
const HEAD_MAX_BYTES: usize = 32 * 1024;

/// What one connection too many gets.
const BUSY: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain\r\nretry-after: 1\r\n\
      content-length: 43\r\nconnection: close\r\n\r\ntoo many connections: come back in a second";

/// A bound server, which answers once it is [run](Server::run).
pub struct Server {
    listener: TcpListener,
    app: Arc<App>,
    router: Router,
    stop: watch::Sender<bool>,
}

impl Server {
    /// Takes the address. From here on connections queue up, and are answered once [`run`](Server::run) is awaited.
    ///
    /// `history` is `None` where nothing is recorded. Must be called inside a tokio runtime with time and I/O.
    ///
    /// # Errors
    /// When the address cannot be taken.
    pub async fn bind(
        settings: Settings,
        live: Live,
        history: Option<History>,
    ) -> Result<Server, WebError> {
        let asked = settings.listen;
        let bind = |source| WebError::Bind { address: asked, source };
        let listener = listen(asked).map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        let (stop, stopped) = watch::channel(false);
        let app = Arc::new(App::new(settings, address, live, history, stopped));
        let router = router::build(&app);
        Ok(Server { listener, app, router, stop })
    }

    /// The address that is listened on, with the port that the kernel chose.
    pub fn address(&self) -> SocketAddr {
        self.app.address
    }

    /// The page's address with a fresh one-time code: whoever opens it first, within ten minutes, may change things.
    ///
    /// Where the system gives no random bytes, which is logged, it is the bare address, to look at.
    pub fn link(&self) -> String {
        self.app.link().unwrap_or_else(|error| {
            tracing::error!(%error, "the link carries no code, so it opens the page view only");
            self.app.origin()
        })
    }

    /// The page's address without a code, as a program on this machine reaches it: loopback where every address is
    /// listened on.
    pub fn origin(&self) -> String {
        self.app.origin()
    }

    /// Answers until `shutdown` is ready, then ends streams, waits at most 400 ms for open answers, and returns.
    ///
    /// A question about the history may still be read from disk on a thread of the runtime's own then: end the
    /// runtime with `shutdown_background`, which does not wait for it.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let mut shutdown = pin!(shutdown);
        let mut crowd = Crowd::new();
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                Some(_) = crowd.connections.join_next() => {}
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => crowd.take(stream, |stream| self.connection(stream)),
                    Err(error) => rest_after(&error).await,
                },
            }
        }
        drop(self.listener);
        self.stop.send_replace(true);
        let drain = async { while crowd.connections.join_next().await.is_some() {} };
        if timeout(STOP_LIFE, drain).await.is_err() {
            tracing::debug!("some answers were cut off by the end of the server");
        }
    }

    /// One connection, from its first request to its close.
    fn connection(&self, stream: TcpStream) -> impl Future<Output = ()> + Send + use<> {
        let peer = stream.peer_addr().map_or(Ipv4Addr::UNSPECIFIED.into(), |peer| peer.ip());
        let named = move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(Peer(peer));
            request
        };
        let service = TowerToHyperService::new(self.router.clone().map_request(named));
        let mut stop = self.stop.subscribe();
        async move {
            // Small events must not wait for more; a refusal of the kernel only makes them late.
            let _ = stream.set_nodelay(true);
            let stream = TokioIo::new(Patient::new(stream, STALL_LIFE));
            let mut connection = builder().serve_connection(stream, service);
            let mut stopping = false;
            let ended = loop {
                tokio::select! {
                    ended = poll_fn(|context| connection.poll_without_shutdown(context)) => break ended,
                    _ = stop.wait_for(|stop| *stop), if !stopping => {
                        stopping = true;
                        Pin::new(&mut connection).graceful_shutdown();
                    }
                }
            };
            match ended {
                Ok(()) if !stopping => {
                    linger(connection.into_parts().io.into_inner().into_inner()).await;
                }
                Ok(()) => {}
                Err(error) => tracing::debug!(%error, "a connection ended early"),
            }
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("address", &self.address()).finish_non_exhaustive()
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_LIFE)
        .max_header_size(HEAD_MAX_BYTES)
        .max_buf_size(BUFFER_BYTES);
    builder
}

/// All connections of a server, counted.
struct Crowd {
    connections: JoinSet<()>,
    places: Arc<Semaphore>,
    refusals: Arc<Semaphore>,
}

impl Crowd {
    fn new() -> Crowd {
        Crowd {
            connections: JoinSet::new(),
            places: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
            refusals: Arc::new(Semaphore::new(REFUSALS_MAX)),
        }
    }

    /// Lets `serve` have the connection, if there is a place for it. Else tells it to come back, or, when enough
    /// are being told already, just closes it.
    fn take<S>(&mut self, stream: TcpStream, serve: impl FnOnce(TcpStream) -> S)
    where
        S: Future<Output = ()> + Send + 'static,
    {
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            self.spawn(place, serve(stream));
        } else if let Ok(turn) = Arc::clone(&self.refusals).try_acquire_owned() {
            self.spawn(turn, refuse(stream));
        }
    }

    /// Runs `work`, and gives its place back when it ends.
    fn spawn(
        &mut self,
        place: OwnedSemaphorePermit,
        work: impl Future<Output = ()> + Send + 'static,
    ) {
        self.connections.spawn(async move {
            work.await;
            drop(place);
        });
    }
}

/// Tells one connection too many to come back.
async fn refuse(stream: TcpStream) {
    if stream.writable().await.is_ok() && stream.try_write(BUSY).is_ok() {
        linger(stream).await;
    }
}

/// Ends our side and reads on for a moment: a close with unread bytes would reset the connection, and the
/// last answer (a 413, say) would never be seen.
async fn linger(mut stream: TcpStream) {
    if poll_fn(|context| Pin::new(&mut stream).poll_shutdown(context)).await.is_err() {
        return;
    }
    let drain = async {
        let mut waste = [0_u8; 4096];
        while stream.readable().await.is_ok() {
            match stream.try_read(&mut waste) {
                Ok(0) => break,
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => break,
                _ => {}
            }
        }
    };
    // Whoever still sends after this is cut off.
    let _ = timeout(LINGER_LIFE, drain).await;
}

/// Says that a connection could not be taken, and rests where the next attempt would fail as well.
async fn rest_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if [ConnectionAborted, ConnectionRefused, ConnectionReset].contains(&error.kind()) {
        return;
    }
    tracing::warn!(%error, "a connection could not be taken; the open ones go on");
    sleep(ACCEPT_REST).await;
}
