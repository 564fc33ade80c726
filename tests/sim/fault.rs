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
    AnswerLost,
    /// The line dies behind so many frames.
    Cut(usize),
    /// The app is ended behind so many frames, and opened again.
    AppEnds(usize),
    /// The server is ended behind so many frames, and begun again; 0: behind its commit.
    ServerEnds(usize),
}

impl Fault {
    pub(crate) fn draw(rng: &mut Rng) -> Self {
        let behind = if rng.chance(70) { rng.below(12) } else { rng.below(90) };
        match rng.below(100) {
            0..40 => Self::None,
            40..48 => Self::RequestLost,
            48..60 => Self::AnswerLost,
            60..76 => Self::Cut(behind),
            76..90 => Self::AppEnds(behind),
            _ => Self::ServerEnds(behind),
        }
    }

    /// Whether it strikes behind this many frames.
    pub(crate) fn strikes(self, frames: usize) -> bool {
        matches!(self, Self::Cut(at) | Self::AppEnds(at) | Self::ServerEnds(at) if at == frames)
    }
}
