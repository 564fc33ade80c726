//! Bodies compressed with gzip. A request is unpacked in small steps, so that its limits stop it
//! before it is large.

use flate2::Compression;
use flate2::write::{GzDecoder, GzEncoder};
use http_body::Frame;
use std::io::{self, Write as _};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Bytes;

/// Compressed bytes that are unpacked at once. Deflate makes at most 1032 bytes of one: 66 kB.
const INPUT_STEP_BYTES: usize = 64;
/// Unpacked bytes that are passed on together.
const OUTPUT_STEP_BYTES: usize = 16 * 1024;
/// Smallest answer that is compressed.
const COMPRESSED_BYTES_MIN: usize = 1024;

/// A request body that is unpacked while it is read.
pub(super) struct GunzipBody {
    packed: Body,
    /// Received bytes that were not unpacked yet.
    received: Bytes,
    decoder: Option<GzDecoder<Vec<u8>>>,
}

impl GunzipBody {
    pub(super) fn new(packed: Body) -> Self {
        Self { packed, received: Bytes::new(), decoder: Some(GzDecoder::new(Vec::new())) }
    }

    /// Unpacks until there is enough to pass on or nothing is left.
    fn unpack(&mut self) -> io::Result<Bytes> {
        let Some(decoder) = &mut self.decoder else { return Ok(Bytes::new()) };
        while !self.received.is_empty() && decoder.get_ref().len() < OUTPUT_STEP_BYTES {
            let step = self.received.split_to(INPUT_STEP_BYTES.min(self.received.len()));
            decoder.write_all(&step)?;
            decoder.flush()?;
        }
        Ok(std::mem::take(decoder.get_mut()).into())
    }

    /// Unpacks the rest and verifies length and checksum.
    fn finish(&mut self) -> io::Result<Bytes> {
        self.decoder.take().map_or(Ok(Bytes::new()), |decoder| Ok(decoder.finish()?.into()))
    }
}

impl http_body::Body for GunzipBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let refused = |_| Status::invalid_argument("the body is not gzip, or not complete");
        loop {
            let unpacked = self.unpack().map_err(refused);
            if !matches!(&unpacked, Ok(bytes) if bytes.is_empty()) {
                return Poll::Ready(Some(unpacked.map(Frame::data)));
            }
            match ready!(Pin::new(&mut self.packed).poll_frame(cx)) {
                Some(Ok(frame)) => self.received = frame.into_data().unwrap_or_default(),
                Some(Err(status)) => return Poll::Ready(Some(Err(status))),
                None => {
                    let rest = self.finish().map_err(refused);
                    let is_end = matches!(&rest, Ok(rest) if rest.is_empty());
                    return Poll::Ready((!is_end).then(|| rest.map(Frame::data)));
                }
            }
        }
    }
}

/// Compresses an answer; `None` if it is too small to gain.
pub(super) fn compress(answer: &[u8]) -> Option<Vec<u8>> {
    if answer.len() < COMPRESSED_BYTES_MIN {
        return None;
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(answer).ok()?;
    encoder.finish().ok()
}

#[cfg(test)]
mod tests {
    use super::super::body_of;
    use super::*;
    use http_body::Body as _;

    async fn unpack_all(packed: Vec<u8>) -> Result<(Vec<u8>, usize), Status> {
        let mut body = GunzipBody::new(body_of(packed));
        let (mut all, mut largest) = (Vec::new(), 0);
        while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await
        {
            let data = frame?.into_data().unwrap();
            largest = largest.max(data.len());
            all.extend_from_slice(&data);
        }
        Ok((all, largest))
    }

    #[tokio::test]
    async fn a_bomb_is_unpacked_in_small_steps() {
        let zeros = vec![0; 8 << 20];
        let packed = compress(&zeros).unwrap();
        assert!(packed.len() * 50 < zeros.len(), "{}", packed.len());
        let (unpacked, largest_step) = unpack_all(packed).await.unwrap();
        assert_eq!(unpacked, zeros);
        assert!(largest_step < 100 * 1024, "{largest_step}");
    }

    #[tokio::test]
    async fn a_body_that_is_cut_or_followed_by_more_is_refused() {
        let packed = compress(&[7; 4096]).unwrap();
        assert!(unpack_all(packed[..packed.len() - 1].to_vec()).await.is_err());
        assert!(unpack_all([&packed[..], b"more"].concat()).await.is_err());
        assert!(unpack_all(b"{}".to_vec()).await.is_err());
        assert!(unpack_all(Vec::new()).await.is_err());
    }
}
