//! The file with what one worker remembers.
//!
//! ```text
//! magic "sqlcstat", format version u32, checksum u32 of both
//! frame: kind u32, length u64, checksum u32 of the bytes, checksum u32 of the sixteen bytes before; the bytes
//!   kind 1, a part begins:  length u32 of the name, the name, the head
//!   kind 2, blocks of one:  which part u32, then each block: number u32, length u64, the bytes
//!   kind 3, the end:        how many parts u32, blocks u64, bytes of blocks u64
//! ```
//!
//! Numbers are little endian, checksums CRC-32. Frames have half a megabyte or one block, so neither writer nor reader
//! ever holds more, and what is damaged is found where it is damaged, before anybody has seen its bytes. What is cut off
//! lacks its end.

use super::storage::failed;
use crate::error::{Error, ErrorKind, Result};
use crate::state::Blocks;
use crc32fast::Hasher;
use std::io::{self, Read, Write};

const MAGIC: &[u8; 8] = b"sqlcstat";
/// The version of the format above. Readers of another version refuse the file.
const VERSION: u32 = 1;

const HEADER_SIZE: usize = 16;
const FRAME_HEADER_SIZE: usize = 20;
/// After how many bytes a frame is written.
const FRAME_SIZE: usize = 512 << 10;
/// How much memory is set aside for a frame before its bytes are seen.
const EARLY_SIZE: u64 = 2 * FRAME_SIZE as u64;

const PART: u32 = 1;
const BLOCKS: u32 = 2;
const END: u32 = 3;

/// What a manifest says about a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileSummary {
    /// Bytes.
    pub size: u64,
    /// The CRC-32 of the whole file.
    pub checksum: u32,
}

/// The number of a part in its file, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PartNumber(pub u32);

/// Writes a file. Parts may be begun at any time, and blocks of them written in any order.
pub struct FileWriter<W: Write> {
    to: W,
    /// The file, for messages.
    name: String,
    /// Of everything written so far.
    written: Hasher,
    size: u64,
    /// The blocks that wait for their frame to be full, and of which part they are.
    frame: Vec<u8>,
    of: u32,
    parts: u32,
    blocks: u64,
    bytes: u64,
}

impl<W: Write> FileWriter<W> {
    /// `name` is the file in the words of its storage, for messages.
    pub fn new(to: W, name: impl Into<String>) -> Result<Self> {
        let mut writer = FileWriter {
            to,
            name: name.into(),
            written: Hasher::new(),
            size: 0,
            frame: Vec::new(),
            of: 0,
            parts: 0,
            blocks: 0,
            bytes: 0,
        };
        let mut header = [0; HEADER_SIZE];
        header[..8].copy_from_slice(MAGIC);
        header[8..12].copy_from_slice(&VERSION.to_le_bytes());
        let checksum = crc32fast::hash(&header[..12]);
        header[12..].copy_from_slice(&checksum.to_le_bytes());
        writer.written.update(&header);
        writer.write(&header)?;
        Ok(writer)
    }

    /// Begins a part: a scan or an operator, by its name, and its head.
    pub fn part(&mut self, name: &str, head: &[u8]) -> Result<PartNumber> {
        let mut bytes = Vec::with_capacity(4 + name.len() + head.len());
        bytes.extend_from_slice(&(name.len() as u32).to_le_bytes());
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(head);
        self.write_frame(PART, &bytes)?;
        self.parts += 1;
        Ok(PartNumber(self.parts - 1))
    }

    /// Writes blocks of a part.
    pub fn blocks(&mut self, part: PartNumber, blocks: &Blocks) -> Result<()> {
        debug_assert!(part.0 < self.parts, "a part begins before its blocks");
        for (number, bytes) in blocks.iter() {
            let is_full = self.frame.len() + bytes.len() > FRAME_SIZE;
            if !self.frame.is_empty() && (is_full || self.of != part.0) {
                self.write_blocks()?;
            }
            if self.frame.is_empty() {
                self.of = part.0;
                self.frame.extend_from_slice(&part.0.to_le_bytes());
            }
            self.frame.extend_from_slice(&number.to_le_bytes());
            self.frame.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
            self.frame.extend_from_slice(bytes);
            self.blocks += 1;
            self.bytes += bytes.len() as u64;
        }
        Ok(())
    }

    /// Writes the end, and answers the underlying writer, which is still to be completed.
    pub fn finish(mut self) -> Result<(W, FileSummary)> {
        if !self.frame.is_empty() {
            self.write_blocks()?;
        }
        let mut end = [0; 20];
        end[..4].copy_from_slice(&self.parts.to_le_bytes());
        end[4..12].copy_from_slice(&self.blocks.to_le_bytes());
        end[12..].copy_from_slice(&self.bytes.to_le_bytes());
        self.write_frame(END, &end)?;
        self.to.flush().map_err(|error| failed("write", &self.name, &error))?;
        Ok((self.to, FileSummary { size: self.size, checksum: self.written.finalize() }))
    }

    fn write_blocks(&mut self) -> Result<()> {
        let mut frame = std::mem::take(&mut self.frame);
        self.write_frame(BLOCKS, &frame)?;
        frame.clear();
        self.frame = frame;
        Ok(())
    }

    fn write_frame(&mut self, kind: u32, bytes: &[u8]) -> Result<()> {
        let mut checksum = Hasher::new();
        checksum.update(bytes);
        let mut header = [0; FRAME_HEADER_SIZE];
        header[..4].copy_from_slice(&kind.to_le_bytes());
        header[4..12].copy_from_slice(&(bytes.len() as u64).to_le_bytes());
        header[12..16].copy_from_slice(&checksum.clone().finalize().to_le_bytes());
        let header_checksum = crc32fast::hash(&header[..16]);
        header[16..].copy_from_slice(&header_checksum.to_le_bytes());
        self.written.update(&header);
        // The bytes have been looked at already.
        self.written.combine(&checksum);
        self.write(&header)?;
        self.write(bytes)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.size += bytes.len() as u64;
        self.to.write_all(bytes).map_err(|error| failed("write", &self.name, &error))
    }
}

/// What stands in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry<'f> {
    /// A part begins. Its blocks follow, perhaps behind those of others.
    Part {
        part: PartNumber,
        name: &'f str,
        head: &'f [u8],
    },
    Block {
        part: PartNumber,
        number: u32,
        bytes: &'f [u8],
    },
}

/// Reads a file from front to back. Errors of kind [`Data`](ErrorKind::Data) say that it is damaged, and where; what was
/// read before is then worth nothing either.
pub struct FileReader<R: Read> {
    from: R,
    name: String,
    expected: Option<FileSummary>,
    read: Hasher,
    /// Where the frame begins whose bytes are `frame`, and where the next one does.
    start: u64,
    size: u64,
    frame: Vec<u8>,
    /// What of the frame's blocks comes next, and of which part they are; behind the end if none does.
    next: usize,
    of: u32,
    parts: u32,
    blocks: u64,
    bytes: u64,
    ended: bool,
    damage: Option<Error>,
}

impl<R: Read> FileReader<R> {
    /// `name` is the file in the words of its storage, for messages; `expected` what the manifest says about it.
    pub fn new(from: R, name: impl Into<String>, expected: Option<FileSummary>) -> Result<Self> {
        let mut reader = FileReader {
            from,
            name: name.into(),
            expected,
            read: Hasher::new(),
            start: 0,
            size: 0,
            frame: Vec::new(),
            next: 0,
            of: 0,
            parts: 0,
            blocks: 0,
            bytes: 0,
            ended: false,
            damage: None,
        };
        let header: [u8; HEADER_SIZE] = reader.read_header()?;
        if header[..8] != *MAGIC || number_u32(&header[12..]) != crc32fast::hash(&header[..12]) {
            return Err(reader.damaged("it does not begin like a file of a checkpoint"));
        }
        let version = number_u32(&header[8..12]);
        if version != VERSION {
            let message = format!(
                "{} has format {version} and this application reads format {VERSION}: it was written by another \
                 version of sqlc",
                reader.name
            );
            return Err(Error::new(ErrorKind::Data, message));
        }
        reader.read.update(&header);
        Ok(reader)
    }

    /// What comes next; `None` behind the end.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<Entry<'_>>> {
        if let Some(damage) = &self.damage {
            return Err(damage.clone());
        }
        if self.next < self.frame.len() {
            return self.next_block().map(Some);
        }
        if self.ended {
            return Ok(None);
        }
        match self.read_frame()? {
            PART => self.begin_part().map(Some),
            BLOCKS => {
                let Some(part) = self.frame.get(..4) else {
                    return Err(self.damaged("blocks of no part"));
                };
                self.of = number_u32(part);
                self.next = 4;
                if self.of >= self.parts || self.frame.len() == 4 {
                    return Err(self.damaged("blocks of a part that has not begun"));
                }
                self.next_block().map(Some)
            }
            END => {
                self.end()?;
                Ok(None)
            }
            kind => Err(self.damaged(&format!("a frame of unknown kind {kind}"))),
        }
    }

    fn begin_part(&mut self) -> Result<Entry<'_>> {
        self.next = self.frame.len();
        let name_end = self.frame.get(..4).map(|length| 4 + number_u32(length) as usize);
        let name = name_end.and_then(|end| self.frame.get(4..end)).and_then(|name| std::str::from_utf8(name).ok());
        if name.is_none() {
            return Err(self.damaged("a part without a name"));
        }
        let part = PartNumber(self.parts);
        self.parts += 1;
        let (name, head) = self.frame[4..].split_at(name_end.unwrap_or(4) - 4);
        Ok(Entry::Part { part, name: std::str::from_utf8(name).unwrap_or_default(), head })
    }

    fn next_block(&mut self) -> Result<Entry<'_>> {
        let rest = &self.frame[self.next..];
        let block = rest.split_at_checked(12).and_then(|(head, rest)| {
            let length = usize::try_from(number_u64(&head[4..])).ok()?;
            Some((number_u32(head), rest.get(..length)?.len()))
        });
        let Some((number, length)) = block else {
            return Err(self.damaged("a block that is longer than its frame"));
        };
        let start = self.next + 12;
        self.next = start + length;
        self.blocks += 1;
        self.bytes += length as u64;
        Ok(Entry::Block { part: PartNumber(self.of), number, bytes: &self.frame[start..self.next] })
    }

    fn end(&mut self) -> Result<()> {
        self.next = self.frame.len();
        let counts = self.frame.len() == 20
            && number_u32(&self.frame) == self.parts
            && number_u64(&self.frame[4..]) == self.blocks
            && number_u64(&self.frame[12..]) == self.bytes;
        if !counts {
            return Err(self.damaged("its end counts other parts and blocks than there are"));
        }
        self.start = self.size;
        let mut more = [0];
        let more = loop {
            match self.from.read(&mut more) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other.map_err(|error| failed("read", &self.name, &error))?,
            }
        };
        if more > 0 {
            return Err(self.damaged("something follows its end"));
        }
        self.ended = true;
        let found = FileSummary { size: self.size, checksum: self.read.clone().finalize() };
        if self.expected.is_some_and(|expected| expected != found) {
            return Err(self.damaged("it is not the file that the manifest speaks of"));
        }
        Ok(())
    }

    /// Reads a frame, whose kind it answers.
    fn read_frame(&mut self) -> Result<u32> {
        self.start = self.size;
        let header: [u8; FRAME_HEADER_SIZE] = self.read_header()?;
        if number_u32(&header[16..]) != crc32fast::hash(&header[..16]) {
            return Err(self.damaged("a frame's header has another checksum than it says"));
        }
        let length = number_u64(&header[4..]);
        self.frame.clear();
        self.next = 0;
        // A file may claim any length: memory grows with what is really there.
        self.frame.reserve(length.min(EARLY_SIZE) as usize);
        let read = (&mut self.from).take(length).read_to_end(&mut self.frame);
        let read = read.map_err(|error| failed("read", &self.name, &error))? as u64;
        self.size += read;
        if read < length {
            return Err(self.damaged("it is cut off"));
        }
        let mut checksum = Hasher::new();
        checksum.update(&self.frame);
        self.read.update(&header);
        self.read.combine(&checksum);
        if checksum.finalize() != number_u32(&header[12..]) {
            return Err(self.damaged("a frame has another checksum than it says"));
        }
        Ok(number_u32(&header))
    }

    fn read_header<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut header = [0; N];
        match self.from.read_exact(&mut header) {
            Ok(()) => {
                self.size += N as u64;
                Ok(header)
            }
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(self.damaged("it is cut off")),
            Err(error) => Err(failed("read", &self.name, &error)),
        }
    }

    /// Nothing is read from a file any more once it is known to be damaged.
    #[cold]
    fn damaged(&mut self, what: &str) -> Error {
        let message = format!("{} is damaged at byte {}: {what}", self.name, self.start);
        let error = Error::new(ErrorKind::Data, message);
        self.damage = Some(error.clone());
        error
    }
}

/// The number at the front of `bytes`, which are long enough.
fn number_u32(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

fn number_u64(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests;
