//! The faults of a call, drawn from the seed.

use crate::rng::Rng;

/// Where a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// No fault.
    None,
    /// The request is lost.
    RequestLost,
    /// The server processes the request, and the whole response is lost.
    ResponseLost,
    /// The connection breaks after this many frames.
    Cut(usize),
    /// The app is killed after this many frames, and restarted.
    AppCrash(usize),
    /// The server is killed after this many frames, and restarted; 0: after its commit.
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

    /// A fault in the middle of a first sync.
    pub(crate) fn draw_within(rng: &mut Rng) -> Self {
        let frames_sent = rng.below(12);
        match rng.below(3) {
            0 => Self::Cut(frames_sent),
            1 => Self::AppCrash(frames_sent),
            _ => Self::ServerCrash(frames_sent),
        }
    }

    /// Its name, for counts.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "whole call",
            Self::RequestLost => "request lost",
            Self::ResponseLost => "response lost",
            Self::Cut(_) => "cut",
            Self::AppCrash(_) => "app crash",
            Self::ServerCrash(_) => "server crash",
        }
    }

    /// Whether the fault occurs after this many frames.
    pub(crate) fn triggers_after(self, frames: usize) -> bool {
        matches!(self, Self::Cut(at) | Self::AppCrash(at) | Self::ServerCrash(at) if at == frames)
    }
}
