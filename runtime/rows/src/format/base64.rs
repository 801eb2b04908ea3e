//! BYTES as base64, with the padding that Flink demands.

use crate::value::Arena;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Reads base64. Spaces and line ends may stand between groups of four characters.
pub(super) fn decode<'a>(text: &str, arena: &'a Arena) -> Option<&'a [u8]> {
    let mut groups = bumpalo::collections::Vec::with_capacity_in(text.len(), arena);
    for byte in text.bytes() {
        if byte > b' ' || groups.len() % 4 != 0 {
            groups.push(byte);
        }
    }
    let decoded = arena.alloc_slice_fill_copy(groups.len() / 4 * 3, 0u8);
    let length = STANDARD.decode_slice(&groups, decoded).ok()?;
    Some(&decoded[..length])
}

/// Appends base64.
pub(super) fn encode(out: &mut Vec<u8>, bytes: &[u8]) {
    let start = out.len();
    out.resize(start + bytes.len().div_ceil(3) * 4, 0);
    let length = STANDARD.encode_slice(bytes, &mut out[start..]).unwrap_or(0);
    out.truncate(start + length);
}
