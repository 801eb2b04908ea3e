//! A number for bytes that is the same in every run, of every version and on every machine: consumers know repeated
//! records by the partition keys that are made of it.

/// Mixes eight bytes at a time.
pub(super) fn digest(seed: u64, bytes: &[u8]) -> u64 {
    const PRIME: u64 = 0x9E37_79B9_7F4A_7C15;
    const OTHER_PRIME: u64 = 0xD6E8_FEB8_6659_FD93;
    let mut state = seed ^ fold(bytes.len() as u64 ^ PRIME, OTHER_PRIME);
    let mut words = bytes.chunks_exact(8);
    for word in &mut words {
        let word = word.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
        state = fold(state ^ word, PRIME).wrapping_add(word.rotate_left(32));
    }
    let last = words.remainder().iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
    fold(fold(state ^ last, PRIME) ^ last, OTHER_PRIME)
}

/// Both halves of a product.
fn fold(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    (product as u64) ^ (product >> 64) as u64
}

/// A number in hexadecimal.
pub(super) fn spell(number: u64, text: &mut [u8; 16]) -> &str {
    for (index, digit) in text.iter_mut().enumerate() {
        *digit = b"0123456789abcdef"[(number >> (60 - 4 * index) & 15) as usize];
    }
    std::str::from_utf8(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_never_change() {
        // Consumers rely on these numbers.
        let spelled = |seed, bytes: &[u8]| spell(digest(seed, bytes), &mut [0; 16]).to_owned();
        let found = [spelled(0, b""), spelled(0, b"{\"sensor_id\":1}"), spelled(1, b"{\"sensor_id\":1}")];
        assert_eq!(found, ["04af0e9fec274548", "9e7ebaa6d27375f2", "695386ee6fc54b1e"]);
    }

    #[test]
    fn digests_spread_and_differ() {
        let of = |number: u32| digest(7, format!("{{\"id\":{number}}}").as_bytes());
        let mut seen: Vec<u64> = (0..100_000).map(of).collect();
        for bit in 0..64 {
            let ones = seen.iter().filter(|digest| **digest >> bit & 1 == 1).count();
            assert!((49_000..51_000).contains(&ones), "bit {bit}: {ones}");
        }
        seen.extend((0..40).map(|length| digest(0, &[0; 40][..length])));
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 100_040);
    }
}
