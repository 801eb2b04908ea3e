//! Many bytes at once, as many as the processor takes: what the search for members and the check of their values are
//! made of.

use crate::format::block::{Aligned, Block, Window, is_masked};

/// How many bytes are searched for members at once.
pub(super) const STRETCH: usize = 64;

/// The same few questions, asked with the instructions that a processor has. A mask has a bit for each byte, the lowest
/// for the first.
pub(super) trait Lanes {
    /// Where a comma stands in a stretch and a quote at the same place of the other.
    fn separators(commas: &[u8; STRETCH], quotes: &[u8; STRETCH]) -> u64;

    /// Where a byte stands that ends a text of JSON or that one does not simply consist of: a quote, a backslash, or
    /// what is outside ASCII or a line end.
    fn text_ends(window: &Window) -> u32;

    /// Whether the bytes of a window where `mask` has ones are those of `expected`, which is zero elsewhere.
    fn is_masked(window: &Window, mask: &Aligned, expected: &Aligned) -> bool;
}

/// What every processor has.
pub(super) struct Any;

impl Lanes for Any {
    #[inline(always)]
    fn separators(commas: &[u8; STRETCH], quotes: &[u8; STRETCH]) -> u64 {
        let blocks = |stretch: &[u8; STRETCH], byte| {
            let (blocks, _) = stretch.as_chunks::<16>();
            blocks.iter().rev().fold(0, |mask, block| mask << 16 | u64::from(Block::new(block).equal(byte)))
        };
        blocks(commas, b',') & blocks(quotes, b'"')
    }

    #[inline(always)]
    fn text_ends(window: &Window) -> u32 {
        let half = |at| {
            let block = Block::of(window, at);
            (block.unusual() | block.equal(b'"')) & 0xFFFF
        };
        half(0) | half(16) << 16
    }

    #[inline(always)]
    fn is_masked(window: &Window, mask: &Aligned, expected: &Aligned) -> bool {
        is_masked(window, mask, expected)
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) use avx2::Avx2;

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::{Aligned, Lanes, STRETCH, Window};
    use std::arch::x86_64::{
        __m256i, _mm256_and_si256, _mm256_cmpeq_epi8, _mm256_cmpgt_epi8, _mm256_loadu_si256, _mm256_movemask_epi8,
        _mm256_or_si256, _mm256_set1_epi8, _mm256_testz_si256, _mm256_xor_si256,
    };

    /// 32 bytes with one instruction. Its methods may only be called in functions that are compiled for AVX2, where
    /// they are inlined, on processors that have it.
    pub struct Avx2;

    #[inline(always)]
    fn load(bytes: &[u8; 32]) -> __m256i {
        // SAFETY: 32 bytes may be read from where 32 bytes are; there is AVX2 where this is called.
        unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
    }

    #[inline(always)]
    fn equal(bytes: __m256i, byte: u8) -> __m256i {
        // SAFETY: there is AVX2 where this is called.
        unsafe { _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(byte.cast_signed())) }
    }

    #[inline(always)]
    fn separators(commas: &[u8; 32], quotes: &[u8; 32]) -> u64 {
        let (commas, quotes) = (equal(load(commas), b','), equal(load(quotes), b'"'));
        // SAFETY: there is AVX2 where this is called.
        u64::from(unsafe { _mm256_movemask_epi8(_mm256_and_si256(commas, quotes)) }.cast_unsigned())
    }

    impl Lanes for Avx2 {
        #[inline(always)]
        fn separators(commas: &[u8; STRETCH], quotes: &[u8; STRETCH]) -> u64 {
            let (commas, quotes) = (commas.as_chunks::<32>().0, quotes.as_chunks::<32>().0);
            // No closures, which would not be compiled for AVX2.
            separators(&commas[0], &quotes[0]) | separators(&commas[1], &quotes[1]) << 32
        }

        #[inline(always)]
        fn text_ends(window: &Window) -> u32 {
            let bytes = load(window);
            let ends = [equal(bytes, b'"'), equal(bytes, b'\\')];
            // SAFETY: there is AVX2 where this is called.
            unsafe {
                // As numbers with a sign, what is outside ASCII is below zero, and controls are below a space.
                let others = _mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), bytes);
                let ends = _mm256_or_si256(_mm256_or_si256(ends[0], ends[1]), others);
                _mm256_movemask_epi8(ends).cast_unsigned()
            }
        }

        #[inline(always)]
        fn is_masked(window: &Window, Aligned(mask): &Aligned, Aligned(expected): &Aligned) -> bool {
            // SAFETY: there is AVX2 where this is called.
            unsafe { _mm256_testz_si256(_mm256_xor_si256(load(window), load(expected)), load(mask)) == 1 }
        }
    }
}
