//! A line between a node and a database that can be cut: while it is, nothing arrives on either side and nobody is told; when the time is
//! over, what was open is broken. On loopback only; ends with the process.

use crate::Result;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{sleep, spawn};
use std::time::Duration;

pub(crate) struct CuttableProxy {
    pub(crate) port: u16,
    state: Arc<ProxyState>,
}

#[derive(Default)]
struct ProxyState {
    /// Odd while the line is cut.
    cuts: AtomicU32,
    open: Mutex<Vec<TcpStream>>,
}

impl CuttableProxy {
    /// Leads to this port of loopback.
    pub(crate) fn start(port: u16) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let line = Self { port: listener.local_addr()?.port(), state: Arc::default() };
        let state = line.state.clone();
        spawn(move || {
            for client in listener.incoming().flatten() {
                let state = state.clone();
                spawn(move || forward_both(&state, client, port));
            }
        });
        Ok(line)
    }

    /// From now on nothing gets through.
    pub(crate) fn cut(&self) {
        self.state.cuts.fetch_add(1, Ordering::SeqCst);
    }

    /// The way is free again; what was open breaks.
    pub(crate) fn restore(&self) {
        let mut open = self.state.open.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for line in open.drain(..) {
            // One that has ended is no trouble.
            let _ = line.shutdown(Shutdown::Both);
        }
        drop(open);
        self.state.cuts.fetch_add(1, Ordering::SeqCst);
    }
}

fn forward_both(state: &Arc<ProxyState>, client: TcpStream, port: u16) {
    if state.wait_while_cut(&client).is_err() {
        return;
    }
    let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else { return };
    let Ok((near_too, far_too)) =
        client.try_clone().and_then(|client| Ok((client, server.try_clone()?)))
    else {
        return;
    };
    let other = state.clone();
    spawn(move || forward(&other, far_too, near_too));
    forward(state, client, server);
}

fn forward(state: &ProxyState, mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(size @ 1..) = from.read(&mut buffer) {
        if state.wait_while_cut(&from).is_err() || to.write_all(&buffer[..size]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}

impl ProxyState {
    /// Notes the connection as open; fails when a cut has broken it.
    fn wait_while_cut(&self, line: &TcpStream) -> std::io::Result<()> {
        let cuts = self.cuts.load(Ordering::SeqCst);
        if cuts.is_multiple_of(2) {
            return Ok(());
        }
        self.open.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(line.try_clone()?);
        while self.cuts.load(Ordering::SeqCst) == cuts {
            sleep(Duration::from_millis(20));
        }
        Err(std::io::ErrorKind::BrokenPipe.into())
    }
}
