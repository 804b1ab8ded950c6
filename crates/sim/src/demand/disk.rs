//! The disk: one request after the other, first come, first served.

use std::collections::VecDeque;

/// What the disk is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Request {
    /// Bring in the page that this process waits for.
    Read(usize),
    /// Write so many pages that have left already.
    Write(u64),
}

/// The queue, and what is being served.
#[derive(Debug, Default)]
pub(super) struct Disk {
    queue: VecDeque<Request>,
    served: Option<(Request, u64)>,
    pub(super) busy_ns: u64,
}

impl Disk {
    pub(super) fn ask(&mut self, request: Request) {
        self.queue.push_back(request);
    }

    /// The next request, where none is being served.
    pub(super) fn next(&mut self) -> Option<Request> {
        if self.served.is_some() { None } else { self.queue.pop_front() }
    }

    /// Serves a request from `now` on.
    pub(super) fn serve(&mut self, request: Request, now: u64, service_ns: u64) {
        self.served = Some((request, now + service_ns));
        self.busy_ns += service_ns;
    }

    /// When the request that is being served is done; `u64::MAX` where there is none.
    #[inline(always)]
    pub(super) fn done_at(&self) -> u64 {
        self.served.map_or(u64::MAX, |(_, done)| done)
    }

    /// Takes what was served.
    pub(super) fn finish(&mut self) -> Option<Request> {
        self.served.take().map(|(request, _)| request)
    }

    pub(super) fn serves(&self, process: usize) -> bool {
        matches!(self.served, Some((Request::Read(served), _)) if served == process)
    }

    /// Takes a process's request back that is not being served yet.
    pub(super) fn withdraw(&mut self, process: usize) {
        self.queue.retain(|&request| request != Request::Read(process));
    }

    /// The processes whose pages are being read or are to be, in order.
    pub(super) fn waiting(&self) -> impl Iterator<Item = usize> {
        let served = self.served.map(|(request, _)| request);
        served.into_iter().chain(self.queue.iter().copied()).filter_map(|request| match request {
            Request::Read(process) => Some(process),
            Request::Write(_) => None,
        })
    }

    /// How long it was busy until `now`: what it is still to do is not counted.
    pub(super) fn busy_until(&self, now: u64) -> u64 {
        self.busy_ns - self.served.map_or(0, |(_, done)| done.saturating_sub(now))
    }
}
