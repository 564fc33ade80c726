//! A TCP proxy between a node and a database that can be cut: while cut, it forwards nothing and
//! reports no error; `restore` breaks the connections that were open. Loopback only.

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
    /// Odd while the proxy is cut.
    cuts: AtomicU32,
    open: Mutex<Vec<TcpStream>>,
}

impl CuttableProxy {
    /// Starts a proxy to this port on loopback.
    pub(crate) fn start(port: u16) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let proxy = Self { port: listener.local_addr()?.port(), state: Arc::default() };
        let state = proxy.state.clone();
        spawn(move || {
            for client in listener.incoming().flatten() {
                let state = state.clone();
                spawn(move || forward_both(&state, client, port));
            }
        });
        Ok(proxy)
    }

    /// Stops forwarding.
    pub(crate) fn cut(&self) {
        self.state.cuts.fetch_add(1, Ordering::SeqCst);
    }

    /// Forwards again and closes the connections that were open during the cut.
    pub(crate) fn restore(&self) {
        let mut open = self.state.open.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for connection in open.drain(..) {
            // An error means that the connection has ended; that is fine.
            let _ = connection.shutdown(Shutdown::Both);
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
    let Ok((client_copy, server_copy)) =
        client.try_clone().and_then(|client| Ok((client, server.try_clone()?)))
    else {
        return;
    };
    let other = state.clone();
    spawn(move || forward(&other, server_copy, client_copy));
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
    /// Blocks while the proxy is cut; fails after a cut, because the connection is broken then.
    fn wait_while_cut(&self, connection: &TcpStream) -> std::io::Result<()> {
        let cuts = self.cuts.load(Ordering::SeqCst);
        if cuts.is_multiple_of(2) {
            return Ok(());
        }
        self.open
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .push(connection.try_clone()?);
        while self.cuts.load(Ordering::SeqCst) == cuts {
            sleep(Duration::from_millis(20));
        }
        Err(std::io::ErrorKind::BrokenPipe.into())
    }
}
