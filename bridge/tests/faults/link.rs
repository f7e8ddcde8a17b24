//! A link to a server that can be slow, or cut: a proxy.
//!
//! Written here because no kept crate has one that runs inside a test: those that there are need a server of their own.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What a link is like.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Quality {
    /// What it adds to each piece of data, in each direction. The next piece waits until this one is through, so it
    /// also limits how much goes through.
    pub(crate) delay: Duration,
    /// How many bytes go through in a second: 0 for as many as there are.
    pub(crate) rate: u64,
    /// Whether nothing goes through, although connections stay.
    pub(crate) silent: bool,
    /// Whether new connections are refused.
    pub(crate) down: bool,
}

/// A link to a port of this machine.
pub(crate) struct Link {
    port: u16,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    quality: Quality,
    open: Vec<TcpStream>,
    over: bool,
}

impl Link {
    pub(crate) fn new(target: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for near in listener.incoming() {
                let Ok(near) = near else { continue };
                let mut state = shared.lock().unwrap();
                if state.over {
                    return;
                }
                if state.quality.down {
                    continue;
                }
                let Ok(far) = TcpStream::connect((Ipv4Addr::LOCALHOST, target)) else { continue };
                let clone = |stream: &TcpStream| stream.try_clone().unwrap();
                state.open.extend([clone(&near), clone(&far)]);
                drop(state);
                for (from, to) in [(clone(&near), clone(&far)), (far, near)] {
                    let shared = Arc::clone(&shared);
                    thread::spawn(move || pass(from, to, &shared));
                }
            }
        });
        Self { port, state }
    }

    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Sets what it is like from now on.
    pub(crate) fn set(&self, quality: Quality) {
        self.state.lock().unwrap().quality = quality;
    }

    /// Cuts all connections.
    pub(crate) fn cut(&self) {
        for stream in self.state.lock().unwrap().open.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.state.lock().unwrap().over = true;
        self.cut();
        // So that it looks.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

/// Passes on what comes, for as long as both ends are there.
fn pass(mut from: TcpStream, mut to: TcpStream, state: &Mutex<State>) {
    let mut piece = vec![0; 16 << 10];
    while let Ok(length) = from.read(&mut piece)
        && length > 0
    {
        let quality = loop {
            let quality = {
                let state = state.lock().unwrap();
                if state.over {
                    return;
                }
                state.quality
            };
            if !quality.silent {
                break quality;
            }
            thread::sleep(Duration::from_millis(10));
        };
        let paced = (length as u64 * 1_000_000).checked_div(quality.rate).unwrap_or(0);
        let wait = quality.delay + Duration::from_micros(paced);
        if !wait.is_zero() {
            thread::sleep(wait);
        }
        if to.write_all(&piece[..length]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
