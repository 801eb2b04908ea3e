//! Sixteen bytes at once, and the digits of a word: what every scan over a record is made of.
//!
//! A mask has a bit for each of the sixteen bytes, the lowest for the first. On x86-64 it comes from SSE2, which
//! every such processor has; elsewhere from two words.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{
    __m128i, _mm_and_si128, _mm_cmpeq_epi8, _mm_load_si128, _mm_loadu_si128, _mm_max_epu8, _mm_min_epu8,
    _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8, _mm_sub_epi8,
};

/// The 32 bytes from a place on, zeros behind the end of the bytes: enough for every value that is read
/// without a loop, so that one comparison with the end serves them all.
pub(super) type Window = [u8; 32];

/// The window that begins at `pos`; `spare` is where it is put together if the bytes end within it.
#[inline(always)]
pub(super) fn window<'w>(bytes: &'w [u8], pos: usize, spare: &'w mut Option<Window>) -> &'w Window {
    match whole_window(bytes, pos) {
        Some(window) => window,
        None => spare.insert(last_window(bytes, pos)),
    }
}

/// The window that begins at `pos` if the bytes do not end within it.
#[inline(always)]
pub(super) fn whole_window(bytes: &[u8], pos: usize) -> Option<&Window> {
    // One comparison, with what stays the same all along the bytes.
    if pos < bytes.len().saturating_sub(31) {
        // SAFETY: there are 31 bytes behind `pos`.
        Some(unsafe { &*bytes.as_ptr().add(pos).cast() })
    } else {
        None
    }
}

#[inline(never)]
fn last_window(bytes: &[u8], pos: usize) -> Window {
    let mut window = [0; 32];
    window[..16].copy_from_slice(&padded(bytes, pos));
    window[16..].copy_from_slice(&padded(bytes, pos + 16));
    window
}

/// The sixteen bytes from `pos` on, where there are fewer.
#[inline(never)]
fn padded(bytes: &[u8], pos: usize) -> [u8; 16] {
    let mut block = [0; 16];
    let rest = bytes.get(pos..).unwrap_or_default();
    match (rest.first_chunk(), bytes.last_chunk()) {
        (Some(all), _) => return *all,
        // Shifting is quicker than copying so few bytes.
        (_, Some(last)) if !rest.is_empty() => {
            block = (u128::from_le_bytes(*last) >> ((16 - rest.len()) * 8)).to_le_bytes();
        }
        _ => block[..rest.len()].copy_from_slice(rest),
    }
    block
}

/// The word that begins at `at` in a window.
#[inline(always)]
pub(super) fn word_in(window: &Window, at: usize) -> u64 {
    u64::from_le_bytes(window[at..at + 8].try_into().expect("a word has eight bytes"))
}

/// A window whose address is a multiple of sixteen, so that an instruction can compare with it where it lies.
#[derive(Clone, Copy, Debug)]
#[repr(align(16))]
pub(super) struct Aligned(pub Window);

/// Whether the bytes of a window where `mask` has ones are those of `expected`, which is zero elsewhere.
#[inline(always)]
pub(super) fn is_masked(window: &Window, Aligned(mask): &Aligned, Aligned(expected): &Aligned) -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        let half = |at| {
            // SAFETY: SSE2 is part of x86-64. The halves of what is aligned are aligned.
            unsafe {
                let load = |aligned: &Window| _mm_load_si128(aligned.as_ptr().add(at).cast());
                _mm_cmpeq_epi8(_mm_and_si128(Block::of(window, at).0, load(mask)), load(expected))
            }
        };
        // SAFETY: as before.
        unsafe { _mm_movemask_epi8(_mm_and_si128(half(0), half(16))) == 0xFFFF }
    }
    #[cfg(not(target_arch = "x86_64"))]
    [0, 8, 16, 24].iter().all(|at| word_in(window, *at) & word_in(mask, *at) == word_in(expected, *at))
}

/// Sixteen bytes of a record, zeros behind its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block(#[cfg(target_arch = "x86_64")] __m128i, #[cfg(not(target_arch = "x86_64"))] [u8; 16]);

impl Block {
    /// The block that begins at `pos`.
    #[inline(always)]
    pub fn at(bytes: &[u8], pos: usize) -> Self {
        match bytes.get(pos..).and_then(<[u8]>::first_chunk) {
            Some(block) => Block::new(block),
            None => Block::new(&padded(bytes, pos)),
        }
    }

    /// The block that begins at `at` in a window, at most 16.
    #[inline(always)]
    pub fn of(window: &Window, at: usize) -> Self {
        Block::new(window[at..at + 16].try_into().expect("a block has sixteen bytes"))
    }

    #[inline(always)]
    pub fn new(block: &[u8; 16]) -> Self {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: sixteen bytes may be read from where sixteen bytes are; SSE2 is part of x86-64.
        unsafe {
            Block(_mm_loadu_si128(block.as_ptr().cast()))
        }
        #[cfg(not(target_arch = "x86_64"))]
        Block(*block)
    }

    /// Where `byte` stands.
    #[inline(always)]
    pub fn equal(self, byte: u8) -> u32 {
        #[cfg(target_arch = "x86_64")]
        {
            // SAFETY: SSE2 is part of x86-64.
            unsafe { _mm_movemask_epi8(_mm_cmpeq_epi8(self.0, _mm_set1_epi8(byte.cast_signed()))) as u32 }
        }
        #[cfg(not(target_arch = "x86_64"))]
        self.mask(|word| {
            let difference = word ^ (0x0101_0101_0101_0101 * u64::from(byte));
            !((difference & LOW).wrapping_add(LOW) | difference | LOW)
        })
    }

    /// Where no digit stands.
    #[inline(always)]
    pub fn non_digits(self) -> u32 {
        #[cfg(target_arch = "x86_64")]
        {
            // SAFETY: SSE2 is part of x86-64.
            unsafe {
                let digits = _mm_sub_epi8(self.0, _mm_set1_epi8(b'0'.cast_signed()));
                _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_max_epu8(digits, _mm_set1_epi8(10)), digits)) as u32
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        self.mask(non_digits)
    }

    /// Where a byte stands that may follow a value of JSON: a comma, a closing bracket, a space or a line end. Other
    /// control characters may not, but are no part of a value either.
    #[inline(always)]
    pub fn json_ends(self) -> u32 {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: SSE2 is part of x86-64.
        unsafe {
            let spaces = _mm_cmpeq_epi8(_mm_min_epu8(self.0, _mm_set1_epi8(0x20)), self.0);
            let commas = _mm_cmpeq_epi8(self.0, _mm_set1_epi8(b','.cast_signed()));
            // Both closing brackets in one comparison.
            let brackets = _mm_or_si128(self.0, _mm_set1_epi8(0x20));
            let brackets = _mm_cmpeq_epi8(brackets, _mm_set1_epi8(b'}'.cast_signed()));
            _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(spaces, commas), brackets)) as u32
        }
        #[cfg(not(target_arch = "x86_64"))]
        {
            self.mask(|word| {
                let mut ends = 0;
                for (place, byte) in word.to_le_bytes().into_iter().enumerate() {
                    ends |= u64::from(byte <= b' ' || matches!(byte, b',' | b'}' | b']')) << (place * 8 + 7);
                }
                ends
            })
        }
    }

    /// Where a byte stands that a text of JSON does not simply consist of: outside ASCII, a backslash, or a line
    /// end, which might be the record's.
    #[inline(always)]
    pub fn unusual(self) -> u32 {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: SSE2 is part of x86-64.
        unsafe {
            let equal = |byte: u8| _mm_cmpeq_epi8(self.0, _mm_set1_epi8(byte.cast_signed()));
            _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(equal(b'\\'), equal(b'\n')), self.0)) as u32
        }
        #[cfg(not(target_arch = "x86_64"))]
        {
            self.equal(b'\\') | self.equal(b'\n') | self.non_ascii()
        }
    }

    /// Where a byte outside ASCII stands.
    #[inline(always)]
    pub fn non_ascii(self) -> u32 {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: SSE2 is part of x86-64.
        unsafe {
            _mm_movemask_epi8(self.0) as u32
        }
        #[cfg(not(target_arch = "x86_64"))]
        self.mask(|word| word & !LOW)
    }

    /// Collects the highest bits of the bytes of `hits`, which must be the only ones.
    #[cfg(not(target_arch = "x86_64"))]
    #[inline(always)]
    fn mask(self, hits: impl Fn(u64) -> u64) -> u32 {
        let half = |at: usize| {
            let word = u64::from_le_bytes(self.0[at..at + 8].try_into().expect("a word has eight bytes"));
            ((hits(word) >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u32
        };
        half(0) | half(8) << 8
    }
}

#[cfg(not(target_arch = "x86_64"))]
const LOW: u64 = 0x7F7F_7F7F_7F7F_7F7F;

/// The highest bit of every byte that is no digit.
#[inline(always)]
fn non_digits(word: u64) -> u64 {
    let digits = word ^ 0x3030_3030_3030_3030;
    ((digits & 0x7F7F_7F7F_7F7F_7F7F).wrapping_add(0x7676_7676_7676_7676) | digits) & 0x8080_8080_8080_8080
}

/// How many digits the word begins with.
#[inline(always)]
pub(super) fn count_digits(word: u64) -> usize {
    (non_digits(word).trailing_zeros() / 8) as usize
}

/// Whether the word begins with exactly so many digits, up to six.
#[inline(always)]
pub(super) fn has_digits(word: u64, length: usize) -> bool {
    let ones = (1 << ((length * 8 + 8) & 63)) - 1;
    non_digits(word) & ones == 0x80 << (length * 8)
}

/// The number that the first `length` bytes of the word write, which must be one to eight digits.
#[inline(always)]
pub(super) fn number(word: u64, length: usize) -> u64 {
    // The digits are moved to the end, so that zeros stand before them; then neighbours are added up.
    let digits = (word & 0x0F0F_0F0F_0F0F_0F0F) << (((8 - length) * 8) & 63);
    let pairs = (digits.wrapping_mul(10 << 8 | 1) >> 8) & 0x00FF_00FF_00FF_00FF;
    let fours = (pairs.wrapping_mul(100 << 16 | 1) >> 16) & 0x0000_FFFF_0000_FFFF;
    fours.wrapping_mul(10_000 << 32 | 1) >> 32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_have_a_bit_for_every_byte() {
        let block = Block::at(b"x\"12\\45\xc3\xa989\"/:3}]", 1);
        assert_eq!(block.equal(b'"'), 1 | 1 << 10);
        assert_eq!(block.equal(b'\\'), 1 << 3);
        assert_eq!(block.non_ascii(), 0b11 << 6);
        assert_eq!(block.json_ends(), 1 << 14 | 1 << 15);
        assert_eq!(block.non_digits(), 1 | 1 << 3 | 0b11 << 6 | 0b111 << 10 | 1 << 14 | 1 << 15);
    }

    #[test]
    fn zeros_follow_the_end() {
        for (text, pos) in
            [(&b"0123456789abcdef"[..], 1), (b"0123456789abcdef0123", 10), (b"12", 0), (b"1", 1), (b"", 7)]
        {
            let mut expected = [0; 16];
            let rest = text.get(pos..).unwrap_or_default();
            expected[..rest.len()].copy_from_slice(rest);
            assert_eq!(padded(text, pos), expected);
            let mut spare = None;
            let window = window(text, pos, &mut spare);
            assert!(window.starts_with(&expected[..rest.len()]) && window[rest.len()..].iter().all(|byte| *byte == 0));
        }
    }

    #[test]
    fn digits_are_counted_and_read() {
        for (text, length, value) in [
            (b"1,234567", 1, 1),
            (b"12345678", 8, 12_345_678),
            (b"00000009", 8, 9),
            (b"1234567\xb1", 7, 1_234_567),
            (b"909:/\xff\x00\x80", 3, 909),
        ] {
            let word = u64::from_le_bytes(*text);
            assert_eq!((count_digits(word), number(word, length)), (length, value));
        }
        assert_eq!(count_digits(u64::from_le_bytes(*b"/1234567")), 0);
    }
}
