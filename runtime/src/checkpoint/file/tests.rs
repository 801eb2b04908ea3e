use super::*;
use proptest::prelude::*;

/// A part of a file: its name, its head and its blocks.
type Content = Vec<(String, Vec<u8>, Vec<(u32, Vec<u8>)>)>;

fn blocks(content: &[(u32, Vec<u8>)]) -> Blocks {
    let mut blocks = Blocks::default();
    for (number, bytes) in content {
        blocks.begin(*number).extend_from_slice(bytes);
    }
    blocks
}

/// The file with `content`; with `interleaved` all parts begin before the first block is written.
fn write(content: &Content, interleaved: bool) -> (Vec<u8>, FileSummary) {
    let mut writer = FileWriter::new(Vec::new(), "a.state").unwrap();
    let mut begun = Vec::new();
    for (name, head, parts_blocks) in content {
        let part = writer.part(name, head).unwrap();
        match interleaved {
            false => writer.blocks(part, &blocks(parts_blocks)).unwrap(),
            true => begun.push((part, parts_blocks)),
        }
    }
    let longest = content.iter().map(|(_, _, blocks)| blocks.len()).max().unwrap_or(0);
    for i in 0..longest {
        for (part, parts_blocks) in &begun {
            if let Some(block) = parts_blocks.get(i) {
                writer.blocks(*part, &blocks(std::slice::from_ref(block))).unwrap();
            }
        }
    }
    writer.finish().unwrap()
}

fn read(bytes: &[u8], expected: Option<FileSummary>) -> Result<Content> {
    let mut reader = FileReader::new(bytes, "a.state", expected)?;
    let mut content = Content::new();
    while let Some(entry) = reader.next()? {
        match entry {
            Entry::Part { part, name, head } => {
                assert_eq!(part.0 as usize, content.len());
                content.push((name.to_owned(), head.to_vec(), Vec::new()));
            }
            Entry::Block { part, number, bytes } => content[part.0 as usize].2.push((number, bytes.to_vec())),
        }
    }
    Ok(content)
}

fn small() -> Content {
    vec![
        ("bids".to_owned(), Vec::new(), Vec::new()),
        (
            "per channel".to_owned(),
            b"head".to_vec(),
            vec![(0, b"zero".to_vec()), (7, Vec::new()), (3, b"three".to_vec())],
        ),
        ("".to_owned(), vec![0; 40], vec![(0, vec![255; 30])]),
    ]
}

#[test]
fn what_is_written_is_read() {
    for interleaved in [false, true] {
        let (bytes, summary) = write(&small(), interleaved);
        assert_eq!(summary, FileSummary { size: bytes.len() as u64, checksum: crc32fast::hash(&bytes) });
        assert_eq!(read(&bytes, Some(summary)).unwrap(), small());
    }
    let (empty, _) = write(&Content::new(), false);
    assert_eq!(read(&empty, None).unwrap(), Content::new());
}

#[test]
fn blocks_of_any_size_are_kept_and_share_frames() {
    let sizes = [0, 1, FRAME_SIZE - 1, FRAME_SIZE, FRAME_SIZE + 1, 3 * FRAME_SIZE, 5];
    let large = sizes.iter().enumerate().map(|(i, size)| (i as u32, vec![i as u8; *size])).collect();
    let content = vec![("large".to_owned(), vec![1; 2 * FRAME_SIZE], large)];
    let (bytes, summary) = write(&content, false);
    assert_eq!(read(&bytes, Some(summary)).unwrap(), content);
    let many = (0..100_000).map(|i| (i, vec![i as u8; 20])).collect();
    let (bytes, _) = write(&vec![("many".to_owned(), Vec::new(), many)], false);
    let frames = bytes.len() / FRAME_SIZE + 3;
    assert!(bytes.len() <= 100_000 * 32 + frames * 24 + 100, "{} bytes", bytes.len());
}

#[test]
fn a_file_that_is_cut_off_anywhere_is_recognised() {
    let (bytes, _) = write(&small(), false);
    for length in 0..bytes.len() {
        let error = read(&bytes[..length], None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Data);
        assert!(error.message().starts_with("a.state is damaged at byte "), "{length}: {error}");
        assert!(error.message().ends_with(": it is cut off"), "{length}: {error}");
    }
}

#[test]
fn a_flipped_bit_anywhere_is_recognised() {
    let (bytes, _) = write(&small(), true);
    for byte in 0..bytes.len() {
        for bit in 0..8 {
            let mut damaged = bytes.clone();
            damaged[byte] ^= 1 << bit;
            let error = read(&damaged, None).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Data, "byte {byte}, bit {bit}");
        }
    }
}

#[test]
fn what_has_frames_too_many_or_too_few_or_in_another_order_is_recognised() {
    let (bytes, summary) = write(&small(), false);
    let mut longer = bytes.clone();
    longer.push(0);
    let message = |bytes: &[u8], expected| read(bytes, expected).unwrap_err().to_string();
    assert_eq!(
        message(&longer, None),
        format!("a.state is damaged at byte {}: something follows its end", bytes.len())
    );
    let mut starts = vec![HEADER_SIZE];
    while *starts.last().unwrap() < bytes.len() {
        let start = *starts.last().unwrap();
        starts.push(start + FRAME_HEADER_SIZE + number_u64(&bytes[start + 4..]) as usize);
    }
    for frame in starts.windows(2) {
        let without = [&bytes[..frame[0]], &bytes[frame[1]..]].concat();
        assert_eq!(read(&without, None).unwrap_err().kind(), ErrorKind::Data);
        let twice = [&bytes[..frame[1]], &bytes[frame[0]..]].concat();
        assert_eq!(read(&twice, None).unwrap_err().kind(), ErrorKind::Data);
    }
    // A file of another checkpoint under the name of this one is in itself whole.
    let (other, _) = write(&vec![("bids".to_owned(), b"new".to_vec(), Vec::new())], false);
    assert!(read(&other, None).is_ok());
    assert!(message(&other, Some(summary)).ends_with("it is not the file that the manifest speaks of"));
}

#[test]
fn damage_is_said_again_when_one_goes_on_reading() {
    let (mut bytes, _) = write(&small(), false);
    bytes[HEADER_SIZE + FRAME_HEADER_SIZE] ^= 1;
    let mut reader = FileReader::new(&bytes[..], "a.state", None).unwrap();
    let first = reader.next().unwrap_err();
    assert_eq!(first.to_string(), "a.state is damaged at byte 16: a frame has another checksum than it says");
    assert_eq!(reader.next().unwrap_err(), first);
}

#[test]
fn a_newer_format_and_other_files_are_refused() {
    let mut newer = b"sqlcstat\x02\0\0\0".to_vec();
    newer.extend_from_slice(&crc32fast::hash(&newer).to_le_bytes());
    assert_eq!(
        read(&newer, None).unwrap_err().to_string(),
        "a.state has format 2 and this application reads format 1: it was written by another version of sqlc"
    );
    let error = read(b"#!/bin/sh\necho hello", None).unwrap_err();
    assert_eq!(error.to_string(), "a.state is damaged at byte 0: it does not begin like a file of a checkpoint");
}

/// A frame with right checksums, whatever it says.
fn frame(kind: u32, length: u64, bytes: &[u8]) -> Vec<u8> {
    let mut frame = kind.to_le_bytes().to_vec();
    frame.extend_from_slice(&length.to_le_bytes());
    frame.extend_from_slice(&crc32fast::hash(bytes).to_le_bytes());
    frame.extend_from_slice(&crc32fast::hash(&frame).to_le_bytes());
    frame.extend_from_slice(bytes);
    frame
}

#[test]
fn lengths_are_not_believed() {
    let (empty, _) = write(&Content::new(), false);
    let part = frame(PART, 6, b"\x02\0\0\0ab");
    let after = |frames: &[&[u8]]| read(&[&empty[..HEADER_SIZE], &frames.concat()].concat(), None);
    for length in [u64::MAX, 1 << 40, 100] {
        let error = after(&[&frame(PART, length, b"\x02\0\0\0ab")]).unwrap_err();
        assert!(error.message().ends_with("it is cut off"), "{error}");
    }
    let wrong = [
        frame(PART, 3, b"abc"),
        frame(PART, 6, b"\xff\xff\xff\xffab"),
        frame(PART, 6, b"\x02\0\0\0\xff\xff"),
        frame(BLOCKS, 2, b"ab"),
        frame(BLOCKS, 4, b"\0\0\0\0"),
        frame(BLOCKS, 16, b"\x05\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
        frame(BLOCKS, 15, b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
        frame(BLOCKS, 16, b"\0\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff"),
        frame(BLOCKS, 16, b"\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0"),
        frame(END, 0, b""),
        frame(END, 20, &[0; 20]),
        frame(9, 0, b""),
    ];
    for wrong in wrong {
        assert_eq!(after(&[&part, &wrong]).unwrap_err().kind(), ErrorKind::Data);
    }
}

/// Fails after some bytes.
struct Failing(usize);

impl Write for Failing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_is_an_error_that_names_the_file() {
    let mut writer = FileWriter::new(Failing(100), "/data/a.state").unwrap();
    let error = writer.part("bids", &[0; 100]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert_eq!(error.to_string(), "cannot write /data/a.state: no storage space");
}

proptest! {
    #[test]
    fn any_content_survives(
        content in prop::collection::vec((".{0,8}", any::<Vec<u8>>(), prop::collection::vec(any::<(u32, Vec<u8>)>(), 0..5)), 0..5),
        interleaved: bool,
    ) {
        let (bytes, summary) = write(&content, interleaved);
        prop_assert_eq!(read(&bytes, Some(summary)).unwrap(), content);
    }

    #[test]
    fn torn_writes_are_recognised(from in 0.0..1.0f64, length in 1usize..40, with: u8) {
        let (bytes, _) = write(&small(), false);
        let start = (from * bytes.len() as f64) as usize;
        let end = (start + length).min(bytes.len());
        let mut torn = bytes.clone();
        torn[start..end].fill(with);
        prop_assume!(torn != bytes);
        prop_assert_eq!(read(&torn, None).unwrap_err().kind(), ErrorKind::Data);
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
        let (empty, _) = write(&Content::new(), false);
        prop_assert!(read(&bytes, None).is_err());
        prop_assert!(read(&[&empty[..HEADER_SIZE], &bytes[..]].concat(), None).is_err());
    }
}
