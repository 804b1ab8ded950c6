//! A server for one test: on a free port, ended with the test.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use ramscope_observe::history::History;
use ramscope_observe::sampler::Tick;
use ramscope_observe::watch::Watched;
use ramscope_web::{Heaps, Live, Server, Settings, Token};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// The token of every test server.
pub(crate) const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// A server that runs on the test's own runtime.
pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    pub(crate) live: Live,
    /// A one-time link, as it is printed.
    pub(crate) link: String,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<()>,
}

impl TestServer {
    /// A server on loopback that records nothing and has no sample yet.
    pub(crate) async fn start() -> TestServer {
        TestServer::start_with(settings(), None).await
    }

    /// The same, with the machine's first sample.
    pub(crate) async fn start_sampled() -> TestServer {
        let server = TestServer::start().await;
        server.publish(crate::machine::tick(1));
        server
    }

    pub(crate) async fn start_with(settings: Settings, history: Option<History>) -> TestServer {
        TestServer::start_on(Live::new(), settings, history).await
    }

    /// A server beside whose samples something is watched.
    pub(crate) async fn start_beside(settings: Settings, watched: Watched) -> TestServer {
        TestServer::start_on(Live::new().beside(watched), settings, None).await
    }

    /// The same, over a recorded past.
    pub(crate) async fn start_recorded_beside(
        settings: Settings,
        watched: Watched,
        history: History,
    ) -> TestServer {
        TestServer::start_on(Live::new().beside(watched), settings, Some(history)).await
    }

    async fn start_on(live: Live, settings: Settings, history: Option<History>) -> TestServer {
        let server = Server::bind(settings, live.clone(), history).await.unwrap();
        let (address, link) = (server.address(), server.link());
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(server.run(async {
            let _ = stopped.await;
        }));
        // A server that listens on every address is asked on loopback.
        let address = SocketAddr::from(([127, 0, 0, 1], address.port()));
        TestServer { address, live, link, stop: Some(stop), running }
    }

    pub(crate) fn publish(&self, tick: Tick) {
        self.live.publish(Arc::new(tick));
    }

    /// Orders the end.
    pub(crate) fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }

    /// Waits for the end.
    pub(crate) async fn ended(self) {
        self.running.await.unwrap();
    }
}

/// A loopback server on a free port.
pub(crate) fn settings() -> Settings {
    Settings {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        allow_hosts: vec!["box.example".to_owned()],
        allow_embed: false,
        read_only: false,
        labs_only: false,
        stress: None,
        processes: None,
        heaps: Heaps::default(),
        data_dir: PathBuf::from("/var/lib/ramscope"),
        token: Token::parse(TOKEN).unwrap(),
        hostname: "box".to_owned(),
        version: "1.2.3".to_owned(),
    }
}
