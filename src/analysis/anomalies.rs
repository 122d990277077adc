//! What a line may have that no row should.

use fearless_simd::{Level, dispatch, prelude::*, u8x16};

/// Whether a line has control characters besides its tabs, and bytes that are not UTF-8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Anomalies {
    pub controls: bool,
    pub not_utf8: bool,
}

/// Looks at all bytes of a line. Nearly all are printable ASCII, and are passed over many at a time.
pub fn find_anomalies(line: &[u8]) -> Anomalies {
    let mut odd = Anomalies::default();
    let mut rest = line;
    while let Some(at) = first_unusual(rest) {
        rest = &rest[at..];
        // In many scripts they stand together.
        while let Some(len) = character(rest) {
            rest = &rest[len..];
        }
        if let [first, behind @ ..] = rest
            && !is_usual(*first)
        {
            odd.controls |= first.is_ascii();
            odd.not_utf8 |= !first.is_ascii();
            rest = behind;
        }
    }
    odd
}

/// Where the first byte is that is neither printable ASCII nor a tab.
#[inline]
fn first_unusual(bytes: &[u8]) -> Option<usize> {
    let (parts, rest) = bytes.as_chunks::<16>();
    let among_many = dispatch!(Level::baseline(), simd => {
        parts.iter().enumerate().find_map(|(at, part)| {
            let bytes = u8x16::from_slice(simd, part);
            let beyond = (bytes - b' ').simd_ge(0x7f - b' '); // what is below a space wraps around
            let unusual = (beyond & !bytes.simd_eq(b'\t')).to_bitmask();
            (unusual != 0).then(|| at * 16 + unusual.trailing_zeros() as usize)
        })
    });
    among_many.or_else(|| {
        rest.iter()
            .position(|&b| !is_usual(b))
            .map(|at| parts.len() * 16 + at)
    })
}

fn is_usual(b: u8) -> bool {
    matches!(b, b' '..=b'~' | b'\t')
}

/// The length of the character beyond ASCII that bytes begin with; `None` where they begin with none (The Unicode Standard,
/// table 3-7: well-formed UTF-8 byte sequences).
#[inline]
fn character(bytes: &[u8]) -> Option<usize> {
    if bytes.first().is_none_or(u8::is_ascii) {
        return None; // as mostly behind one
    }
    match *bytes {
        [0xc2..=0xdf, 0x80..=0xbf, ..] => Some(2),
        [0xe0, 0xa0..=0xbf, 0x80..=0xbf, ..]
        | [0xe1..=0xec | 0xee..=0xef, 0x80..=0xbf, 0x80..=0xbf, ..]
        | [0xed, 0x80..=0x9f, 0x80..=0xbf, ..] => Some(3),
        [0xf0, 0x90..=0xbf, 0x80..=0xbf, 0x80..=0xbf, ..]
        | [0xf1..=0xf3, 0x80..=0xbf, 0x80..=0xbf, 0x80..=0xbf, ..]
        | [0xf4, 0x80..=0x8f, 0x80..=0xbf, 0x80..=0xbf, ..] => Some(4),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn by_the_standard_library(line: &[u8]) -> Anomalies {
        let controls = line.iter().any(|b| b.is_ascii_control() && *b != b'\t');
        Anomalies {
            controls,
            not_utf8: std::str::from_utf8(line).is_err(),
        }
    }

    #[test]
    fn an_odd_byte_is_found_wherever_it_stands() {
        for len in [1, 15, 16, 17, 40] {
            for at in 0..len {
                for byte in 0..=255 {
                    let mut line = vec![b'x'; len];
                    line[at] = byte;
                    assert_eq!(
                        find_anomalies(&line),
                        by_the_standard_library(&line),
                        "{byte} at {at} of {len}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_character_is_one_to_the_standard_library() {
        // Beside these, no byte is the border of a range.
        let borders = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff];
        for first in 0x80..=255_u8 {
            for second in 0..=255_u8 {
                for third in borders {
                    for fourth in borders {
                        let bytes = [first, second, third, fourth];
                        for len in 1..=4 {
                            let expected = std::str::from_utf8(&bytes[..len])
                                .is_ok_and(|text| text.chars().count() == 1);
                            assert_eq!(
                                character(&bytes[..len]) == Some(len),
                                expected,
                                "{bytes:02x?}, {len} of them"
                            );
                        }
                    }
                }
            }
        }
    }

    proptest! {
        #[test]
        fn any_line_is_as_odd_as_the_standard_library_says(
            parts in vec(prop_oneof!["\\PC{0,40}".prop_map(String::into_bytes), vec(any::<u8>(), 0..3)], 0..6)
        ) {
            let line = parts.concat();
            prop_assert_eq!(find_anomalies(&line), by_the_standard_library(&line));
        }
    }
}
