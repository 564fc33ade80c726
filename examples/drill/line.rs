//! A line between a node and a database that can be cut: while it is, nothing arrives on either side and nobody is told; when the time is
//! over, what was open is broken. On loopback only; ends with the process.

use crate::Result;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{sleep, spawn};
use std::time::Duration;

pub(crate) struct Line {
    pub(crate) port: u16,
    sky: Arc<Sky>,
}

#[derive(Default)]
struct Sky {
    /// Odd while the line is cut.
    cuts: AtomicU32,
    open: Mutex<Vec<TcpStream>>,
}

impl Line {
    /// Leads to this port of loopback.
    pub(crate) fn to(port: u16) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let line = Self { port: listener.local_addr()?.port(), sky: Arc::default() };
        let sky = line.sky.clone();
        spawn(move || {
            for near in listener.incoming().flatten() {
                let sky = sky.clone();
                spawn(move || carry_both(&sky, near, port));
            }
        });
        Ok(line)
    }

    /// From now on nothing gets through.
    pub(crate) fn cut(&self) {
        self.sky.cuts.fetch_add(1, Ordering::SeqCst);
    }

    /// The way is free again; what was open breaks.
    pub(crate) fn mend(&self) {
        let mut open = self.sky.open.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for line in open.drain(..) {
            // One that has ended is no trouble.
            let _ = line.shutdown(Shutdown::Both);
        }
        drop(open);
        self.sky.cuts.fetch_add(1, Ordering::SeqCst);
    }
}

fn carry_both(sky: &Arc<Sky>, near: TcpStream, port: u16) {
    if sky.wait_until_whole(&near).is_err() {
        return;
    }
    let Ok(far) = TcpStream::connect(("127.0.0.1", port)) else { return };
    let Ok((near_too, far_too)) = near.try_clone().and_then(|near| Ok((near, far.try_clone()?))) else { return };
    let other = sky.clone();
    spawn(move || carry(&other, far_too, near_too));
    carry(sky, near, far);
}

fn carry(sky: &Sky, mut from: TcpStream, mut to: TcpStream) {
    let mut piece = [0; 16 * 1024];
    while let Ok(size @ 1..) = from.read(&mut piece) {
        if sky.wait_until_whole(&from).is_err() || to.write_all(&piece[..size]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}

impl Sky {
    /// Notes the connection as open; fails when a cut has broken it.
    fn wait_until_whole(&self, line: &TcpStream) -> std::io::Result<()> {
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
