//! What goes wrong with a call, drawn from the seed. Knows no call.

use crate::rng::Rng;

/// Where a call breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It does not.
    None,
    /// The request never arrives.
    RequestLost,
    /// The server takes it, and not one frame comes back.
    ResponseLost,
    /// The line dies behind so many frames.
    Cut(usize),
    /// The app is ended behind so many frames, and opened again.
    AppCrash(usize),
    /// The server is ended behind so many frames, and begun again; 0: behind its commit.
    ServerCrash(usize),
}

impl Fault {
    pub(crate) fn draw(rng: &mut Rng) -> Self {
        let frames_sent = if rng.chance(70) { rng.below(12) } else { rng.below(90) };
        match rng.below(100) {
            0..40 => Self::None,
            40..48 => Self::RequestLost,
            48..60 => Self::ResponseLost,
            60..76 => Self::Cut(frames_sent),
            76..90 => Self::AppCrash(frames_sent),
            _ => Self::ServerCrash(frames_sent),
        }
    }

    /// Whether it strikes behind this many frames.
    pub(crate) fn triggers_after(self, frames: usize) -> bool {
        matches!(self, Self::Cut(at) | Self::AppCrash(at) | Self::ServerCrash(at) if at == frames)
    }
}
