//! Who shares the simulators: each client's questions are worked on one after the other, so that one who asks much
//! waits for nobody but himself.
//!
//! ```text
//!   client A  ▷ ▷ ▷ ▷ ▷ ─┐ one of each client
//!   client B  ▷ ─────────┼──▶ the simulators' queue ──▶ one at a time
//!   client C  ▷ ▷ ───────┘
//! ```
//!
//! A client is an address, and of IPv6 the network that one household has. A class behind one address shares its turn
//! as it comes. Bodies are read here, before a turn is taken, so that a slow sender holds up nobody, and only while
//! there is memory for them.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::CONTENT_LENGTH;
use axum::middleware::Next;
use axum::response::Response;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::app::App;
use crate::guard::body_max_bytes;
use crate::problem::Problem;

/// Questions of one client that are worked on or wait; one more is told to come back.
const ASKED_MAX: usize = 32;

/// What all bodies that are being read or wait may take together, in KiB.
const BODIES_MAX_KIB: usize = 128 << 10;

/// The other end of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// The clients that are asking.
#[derive(Debug)]
pub(crate) struct Clients {
    lanes: Mutex<HashMap<IpAddr, Lane>>,
    bodies: Arc<Semaphore>,
}

/// One client's questions.
#[derive(Debug)]
struct Lane {
    turn: Arc<Semaphore>,
    asked: usize,
}

impl Default for Clients {
    fn default() -> Clients {
        Clients { lanes: Mutex::default(), bodies: Arc::new(Semaphore::new(BODIES_MAX_KIB)) }
    }
}

/// A question of a client, from its head to its answer.
#[derive(Debug)]
struct Asking<'a> {
    clients: &'a Clients,
    client: IpAddr,
    turn: Arc<Semaphore>,
}

impl Clients {
    /// Takes a further question of this client.
    ///
    /// # Errors
    /// 429 when it has enough of them open.
    fn enter(&self, peer: IpAddr) -> Result<Asking<'_>, Problem> {
        let client = household(peer);
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let lane = lanes
            .entry(client)
            .or_insert_with(|| Lane { turn: Arc::new(Semaphore::new(1)), asked: 0 });
        if lane.asked >= ASKED_MAX {
            return Err(Problem::too_many(format!(
                "{ASKED_MAX} questions of this client are open already: wait for their answers"
            )));
        }
        lane.asked += 1;
        Ok(Asking { clients: self, client, turn: Arc::clone(&lane.turn) })
    }

    /// Room for a body.
    fn room(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Problem> {
        let kib = u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX);
        Arc::clone(&self.bodies).try_acquire_many_owned(kib).map_err(|_| {
            Problem::unavailable(
                "the server is reading as much as it can hold: ask again in a second",
            )
        })
    }
}

impl Asking<'_> {
    /// Waits until the client's earlier questions are answered.
    async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.turn).acquire_owned().await.ok()
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        let mut lanes = self.clients.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lane) = lanes.get_mut(&self.client) {
            lane.asked -= 1;
            if lane.asked == 0 {
                lanes.remove(&self.client);
            }
        }
    }
}

/// An address without what one household may choose by itself.
fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        v4 => v4,
    }
}

/// Layer of the simulators' routes: reads the body, and lets each client's questions through one at a time.
pub(crate) async fn take_turns(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let peer = request.extensions().get::<Peer>();
    let asking = app.clients.enter(peer.map_or(Ipv4Addr::LOCALHOST.into(), |peer| peer.0))?;
    let most = body_max_bytes(request.uri().path());
    let _room = app.clients.room(announced(&request).unwrap_or(most).min(most))?;
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, most).await.map_err(|error| unread(&error, most))?;
    let _turn = asking.turn().await;
    Ok(next.run(Request::from_parts(parts, Body::from(body))).await)
}

/// The length of the body, where the head says it.
fn announced(request: &Request) -> Option<usize> {
    request.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Why a body was not read to its end.
fn unread(error: &axum::Error, most: usize) -> Problem {
    use std::error::Error as _;
    let too_long =
        error.source().is_some_and(|cause| cause.is::<http_body_util::LengthLimitError>());
    if too_long {
        Problem::too_large(format!(
            "the body has more than {most} bytes: this path takes no more; `ramscope sim` with --file has no such bound"
        ))
    } else {
        Problem::malformed(format!("the body cannot be read: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Waker};

    use super::*;

    fn is_ready(turn: impl Future) -> bool {
        pin!(turn).poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    #[tokio::test]
    async fn a_clients_second_question_waits_for_its_first_and_nobody_elses() {
        let clients = Clients::default();
        let [one, other] = ["192.0.2.1", "192.0.2.2"].map(|text| text.parse().unwrap());
        let first = clients.enter(one).unwrap();
        let second = clients.enter(one).unwrap();
        let stranger = clients.enter(other).unwrap();
        let turn = first.turn().await;
        assert!(!is_ready(second.turn()));
        assert!(is_ready(stranger.turn()));
        drop(turn);
        assert!(is_ready(second.turn()));
    }

    #[test]
    fn a_client_has_few_questions_open_and_none_is_remembered_for_long() {
        let clients = Clients::default();
        let one = "2001:db8::1".parse().unwrap();
        let neighbour = "2001:db8::2".parse().unwrap();
        let open: Vec<_> = (0..ASKED_MAX).map(|_| clients.enter(one).unwrap()).collect();
        assert!(clients.enter(neighbour).is_err());
        assert!(clients.enter("2001:db8:0:1::1".parse().unwrap()).is_ok());
        drop(open);
        assert!(clients.enter(neighbour).is_ok());
        assert!(clients.lanes.lock().unwrap().is_empty());
    }

    #[test]
    fn bodies_are_read_only_while_there_is_room_for_them() {
        let clients = Clients::default();
        let half = clients.room(BODIES_MAX_KIB << 9).unwrap();
        let other = clients.room(BODIES_MAX_KIB << 9).unwrap();
        assert!(clients.room(1).is_err());
        drop((half, other));
        assert!(clients.room(1).is_ok());
    }
}
