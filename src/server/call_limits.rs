//! What callers may have open at once, in the whole process.
//!
//! ```text
//!  open calls                                 at most twice the connections
//!   |- unfinished requests without a proof    at most 512, 128 from one address, 64 KiB each
//!   |- unfinished requests of live tokens     at most 32 MiB together, 4 MiB each
//!   +- streams of health and reflection       at most 64, 16 from one address
//! ```
//!
//! A token is looked up only for a large message, or while the first places are taken: ordinary
//! calls cost nothing here.

use crate::domain::support::limits::MESSAGE_BYTES_MAX;
use crate::grpc::{AddressBucket, RpcError};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Largest message of a caller that did not prove a live token.
pub(super) const STRANGER_MESSAGE_BYTES_MAX: usize = 64 * 1024;
/// Unfinished requests of callers that did not prove a live token, in total and from one address.
const STRANGER_CALLS_MAX: (usize, usize) = (512, 128);
/// Bytes of the unfinished requests of callers with a live token: eight of the largest messages.
const UNFINISHED_BYTES_MAX: usize = 8 * MESSAGE_BYTES_MAX;
/// Streams that need no token and stay open, in total and from one address.
const OPEN_STREAMS_MAX: (usize, usize) = (64, 16);
/// Retry delay when a limit is reached.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// The limits of one process and what is taken of each.
#[derive(Clone)]
pub(super) struct CallLimits {
    open_calls: Arc<AtomicUsize>,
    max_open_calls: usize,
    stranger_calls: AddressPlaces,
    open_streams: AddressPlaces,
    unfinished_bytes: Arc<Semaphore>,
}

impl CallLimits {
    pub(super) fn new(max_open_calls: usize) -> Self {
        Self {
            open_calls: Arc::default(),
            max_open_calls,
            stranger_calls: AddressPlaces::new(STRANGER_CALLS_MAX),
            open_streams: AddressPlaces::new(OPEN_STREAMS_MAX),
            unfinished_bytes: Arc::new(Semaphore::new(UNFINISHED_BYTES_MAX)),
        }
    }

    /// Takes the place of one open call.
    pub(super) fn open_call(&self) -> Result<OpenCallPlace, RpcError> {
        let place = OpenCallPlace(self.open_calls.clone());
        // Dropping the place takes it back.
        if self.open_calls.fetch_add(1, Ordering::Relaxed) >= self.max_open_calls {
            return Err(RpcError::RateLimited("open_calls", RETRY_DELAY));
        }
        Ok(place)
    }

    /// Takes the place of a stream that needs no token.
    pub(super) fn open_stream(&self, address: AddressBucket) -> Result<AddressPlace, RpcError> {
        let place = self.open_streams.try_take(address);
        place.ok_or(RpcError::RateLimited("open_streams_without_token", RETRY_DELAY))
    }

    /// Takes the place of an unfinished request, without a proof of a live token.
    pub(super) fn stranger_call(&self, address: AddressBucket) -> Option<AddressPlace> {
        self.stranger_calls.try_take(address)
    }

    /// The error of a caller without a token when the places of strangers are taken.
    pub(super) fn stranger_error() -> RpcError {
        RpcError::RateLimited("unfinished_calls_without_token", RETRY_DELAY)
    }

    /// Claims bytes of an unfinished request with a live token.
    pub(super) fn claim_bytes(&self, bytes: usize) -> Result<OwnedSemaphorePermit, RpcError> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let claim = Arc::clone(&self.unfinished_bytes).try_acquire_many_owned(bytes);
        claim.map_err(|_| RpcError::RateLimited("unfinished_request_bytes", RETRY_DELAY))
    }
}

/// One open call; dropping it frees its place.
pub(super) struct OpenCallPlace(Arc<AtomicUsize>);

impl Drop for OpenCallPlace {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Places with a limit in total and for one address.
#[derive(Clone)]
struct AddressPlaces {
    taken: Arc<Mutex<TakenPlaces>>,
    max: (usize, usize),
}

#[derive(Default)]
struct TakenPlaces {
    total: usize,
    by_address: HashMap<AddressBucket, usize>,
}

/// One place of an address; dropping it frees the place.
pub(super) struct AddressPlace {
    places: AddressPlaces,
    address: AddressBucket,
}

impl AddressPlaces {
    fn new(max: (usize, usize)) -> Self {
        Self { taken: Arc::default(), max }
    }

    fn try_take(&self, address: AddressBucket) -> Option<AddressPlace> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.by_address.get(&address).copied().unwrap_or(0);
        if taken.total >= self.max.0 || own >= self.max.1 {
            return None;
        }
        taken.total += 1;
        taken.by_address.insert(address, own + 1);
        Some(AddressPlace { places: self.clone(), address })
    }
}

impl Drop for AddressPlace {
    fn drop(&mut self) {
        let mut taken = self.places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.total -= 1;
        match taken.by_address.get_mut(&self.address) {
            Some(own) if *own > 1 => *own -= 1,
            Some(_) | None => {
                taken.by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grpc::{AddressHasher, PeerInfo};

    fn bucket(hasher: &AddressHasher, last: u8) -> AddressBucket {
        let address = ([10, 0, 0, last], 7).into();
        hasher.bucket(Some(&PeerInfo { address, certificate_name: None }))
    }

    #[test]
    fn open_calls_are_bounded_and_an_ended_call_frees_its_place() {
        let limits = CallLimits::new(2);
        let first = limits.open_call().ok();
        let _second = limits.open_call().ok().unwrap();
        let refused = limits.open_call().err().unwrap();
        assert!(matches!(refused, RpcError::RateLimited("open_calls", _)));
        assert!(limits.open_call().is_err(), "a refused call takes no place");
        drop(first);
        assert!(limits.open_call().is_ok());
    }

    #[test]
    fn one_address_cannot_take_the_places_of_all_strangers() {
        let (limits, hasher) = (CallLimits::new(9), AddressHasher::default());
        let (total, own) = STRANGER_CALLS_MAX;
        let here = bucket(&hasher, 1);
        let mut taken: Vec<_> = (0..own).map(|_| limits.stranger_call(here).unwrap()).collect();
        assert!(limits.stranger_call(here).is_none());
        let others = (0..total - own).map(|at| bucket(&hasher, 2 + (at / own) as u8));
        taken.extend(others.map(|other| limits.stranger_call(other).unwrap()));
        assert!(limits.stranger_call(bucket(&hasher, 99)).is_none(), "the total is reached");
        drop(taken);
        assert!(limits.stranger_call(here).is_some());
        assert!(limits.stranger_calls.taken.lock().unwrap().by_address.is_empty());
    }

    #[test]
    fn eight_of_the_largest_messages_fit_and_the_next_is_told_to_wait() {
        let limits = CallLimits::new(9);
        let mut claims: Vec<_> =
            (0..8).map(|_| limits.claim_bytes(MESSAGE_BYTES_MAX).unwrap()).collect();
        let refused = limits.claim_bytes(1).unwrap_err();
        assert!(matches!(refused, RpcError::RateLimited("unfinished_request_bytes", _)));
        claims.pop();
        assert!(limits.claim_bytes(MESSAGE_BYTES_MAX).is_ok());
    }
}
