//! The caller's trace context, from the header `traceparent` of W3C Trace Context.
//!
//! ```text
//!  00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
//!  version   trace id (not zero)        parent id (not zero)  flags: bit 0 is "sampled"
//! ```
//!
//! A malformed header is ignored. `tracestate` is not read: the server makes no further calls to
//! propagate it to, and it is free text of the caller.

/// The trace context of a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent {
    /// Id of the trace.
    pub trace_id: [u8; 16],
    /// Id of the caller's span.
    pub span_id: [u8; 8],
    /// Whether the caller records this trace.
    pub sampled: bool,
}

/// Length of version 00; a later version may continue after another dash.
const HEADER_LENGTH: usize = 55;

impl TraceParent {
    /// Parses the header; `None` if it is malformed.
    #[must_use]
    pub fn from_header(header: &[u8]) -> Option<Self> {
        let (header_fields, rest) = header.split_at_checked(HEADER_LENGTH)?;
        let dashes = [2, 35, 52].iter().all(|at| header_fields[*at] == b'-');
        let [version] = parse_hex::<1>(&header_fields[..2])?;
        // Version 255 is invalid; version 00 ends here, later versions may append fields after a
        // dash.
        let ends = rest.is_empty() || (version > 0 && rest[0] == b'-');
        let (trace, span, [flags]) = (
            parse_hex(&header_fields[3..35])?,
            parse_hex(&header_fields[36..52])?,
            parse_hex(&header_fields[53..])?,
        );
        let real = dashes && ends && version != u8::MAX && trace != [0; 16] && span != [0; 8];
        real.then_some(Self { trace_id: trace, span_id: span, sampled: flags & 1 == 1 })
    }
}

/// Parses lower-case hexadecimal; the standard allows no upper case.
fn parse_hex<const N: usize>(hex: &[u8]) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut out = [0; N];
    for (byte, pair) in out.iter_mut().zip(hex.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn the_standards_example_is_read_and_its_sampled_flag_obeyed() {
        let parent = TraceParent::from_header(GOOD.as_bytes()).unwrap();
        assert_eq!(parent.trace_id, 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736_u128.to_be_bytes());
        assert_eq!(
            (parent.span_id, parent.sampled),
            (0x00f0_67aa_0ba9_02b7_u64.to_be_bytes(), true)
        );
        let other = |flags: &str| {
            TraceParent::from_header(format!("{}{flags}", &GOOD[..53]).as_bytes()).unwrap().sampled
        };
        assert_eq!([other("00"), other("02"), other("03")], [false, false, true]);
    }

    #[test]
    fn a_later_version_is_read_as_far_as_it_is_known() {
        assert!(TraceParent::from_header(format!("01{}", &GOOD[2..]).as_bytes()).is_some());
        assert!(
            TraceParent::from_header(format!("cc{}-what-comes", &GOOD[2..]).as_bytes()).is_some()
        );
    }

    #[test]
    fn whatever_is_malformed_is_as_good_as_none() {
        let zeros = |from: usize, to: usize| {
            format!("{}{}{}", &GOOD[..from], "0".repeat(to - from), &GOOD[to..])
        };
        let bad = [
            String::new(),
            GOOD[..54].to_owned(),
            format!("{GOOD}-more"),
            format!("{GOOD} "),
            format!("ff{}", &GOOD[2..]),
            format!("cc{}.what", &GOOD[2..]),
            GOOD.replace('-', "_"),
            GOOD.replace("4bf9", "4BF9"),
            GOOD.replace("4bf9", "4bg9"),
            format!("{}-zz", &GOOD[..52]),
            zeros(3, 35),
            zeros(36, 52),
        ];
        for header in bad {
            assert_eq!(TraceParent::from_header(header.as_bytes()), None, "{header}");
        }
        assert_eq!(TraceParent::from_header(&[0xFF; 55]), None);
    }
}
