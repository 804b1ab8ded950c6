//! The server as its clients see it: real sockets on loopback, a captured machine behind them.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails the test")]
#![expect(clippy::print_stderr, reason = "a test that cannot run says so")]

mod alloc;
mod cgroups;
mod client;
mod demand;
mod forecast;
mod heap;
mod heap_stream;
mod history;
mod limits;
mod machine;
mod page;
mod processes;
mod routes;
mod security;
mod segments;
mod server;
mod sim;
mod stream;
mod windows;
