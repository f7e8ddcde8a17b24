//! The libraries under comparison, a file each.

mod async_broadcast;
mod broadring;
mod bulk;
mod bus;
mod cache_line;
mod channels;
mod crossbeam;
mod disruptor;
mod hand_off;
mod multiqueue2;
mod order;
mod photon_bounded;
mod photon_event;
mod rtrb;
mod rtrb_chunks;
mod std_mpsc;
mod tokio;

use std::fmt;

pub use self::async_broadcast::AsyncBroadcast;
pub use self::broadring::Broadring;
pub(crate) use self::broadring::{builder, wait};
pub use self::bulk::Bulk;
pub use self::bus::BusSubject;
pub use self::cache_line::CacheLine;
pub use self::crossbeam::CrossbeamChannel;
pub use self::disruptor::Disruptor;
pub use self::hand_off::HandOff;
pub use self::multiqueue2::Multiqueue2;
pub use self::order::{Order, OrderSender};
pub use self::photon_bounded::PhotonBounded;
pub use self::photon_event::PhotonEvent;
pub use self::rtrb::Rtrb;
pub use self::rtrb_chunks::RtrbChunks;
pub use self::std_mpsc::StdMpsc;
pub use self::tokio::TokioBroadcast;

use crate::subject::{Mode, Visitor};

/// Shows every subject to the visitor, broadring first.
pub fn visit(visitor: &mut impl Visitor) {
    visitor.visit::<Broadring>();
    visitor.visit::<Disruptor>();
    visitor.visit::<PhotonBounded>();
    visitor.visit::<PhotonEvent>();
    visitor.visit::<BusSubject>();
    visitor.visit::<Multiqueue2>();
    visitor.visit::<TokioBroadcast>();
    visitor.visit::<AsyncBroadcast>();
    visitor.visit::<CrossbeamChannel>();
    visitor.visit::<StdMpsc>();
    visitor.visit::<Rtrb>();
    visitor.visit::<RtrbChunks>();
    visitor.visit::<HandOff>();
    visitor.visit::<CacheLine>();
    visitor.visit::<Bulk>();
    visitor.visit::<Order<1, 1>>();
    visitor.visit::<Order<2, 2>>();
    visitor.visit::<Order<2, 1>>();
}

/// One end of a library that is not told how to wait: the mode stands beside it.
#[derive(Clone)]
pub struct End<T> {
    pub(crate) inner: T,
    pub(crate) mode: Mode,
}

impl<T> fmt::Debug for End<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("End").field("mode", &self.mode).finish_non_exhaustive()
    }
}

/// Tries over and over like [`Mode::poll`], but knows at compile time how to spin: what
/// is measured is not to carry a yielding loop around that it never enters.
#[inline(always)]
pub(crate) fn poll<R>(mode: Mode, mut attempt: impl FnMut() -> Option<R>) -> R {
    if mode != Mode::Spin {
        return mode.poll(attempt);
    }
    loop {
        if let Some(done) = attempt() {
            return done;
        }
        std::hint::spin_loop();
    }
}
