//! The body of a GetRecords answer as the service writes it, read in one pass: data is decoded from base64 straight
//! into the chunk that goes to the worker, and no record costs an allocation.
//!
//! What is not as the service writes it (escapes where none belong, unknown members, children of a shard that has
//! ended) is left to the SDK, which reads the same body more slowly.

use super::aggregate::{HashRange, unpack};
use memchr::{memchr, memchr2};
use sqlc_runtime::connector::Messages;
use sqlc_runtime::value::Timestamp;

/// What an answer says beside its messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Summary {
    /// How many records there were, before packed ones were unpacked.
    pub records: usize,
    /// How many bytes of data they had.
    pub bytes: usize,
    /// Of the last record.
    pub sequence: String,
    pub arrival: Timestamp,
    pub next_iterator: Option<String>,
    pub millis_behind_latest: Option<i64>,
}

/// Reads a body into `messages`, which is empty. `None` if it has to be read by the SDK.
pub(super) fn read(body: &[u8], range: Option<HashRange>, messages: &mut Messages) -> Option<Summary> {
    let mut rest = Rest(body);
    let mut summary = Summary::default();
    rest.members(|rest, name| match name {
        b"Records" => rest.records(range, messages, &mut summary),
        b"NextShardIterator" => {
            let text = rest.text()?;
            summary.next_iterator = Some(std::str::from_utf8(text).ok()?.to_owned());
            Some(())
        }
        b"MillisBehindLatest" => {
            summary.millis_behind_latest = Some(std::str::from_utf8(rest.number()?).ok()?.parse().ok()?);
            Some(())
        }
        _ => None,
    })?;
    rest.skip_space();
    rest.0.is_empty().then_some(summary)
}

/// A record as it stands in the body.
struct Record<'a> {
    sequence: &'a [u8],
    arrival: &'a [u8],
    data: &'a [u8],
}

/// A time in seconds since the epoch, which the service writes with milliseconds: `1.606132345123E9`.
fn timestamp(seconds: &[u8]) -> Option<Timestamp> {
    let seconds: f64 = std::str::from_utf8(seconds).ok()?.parse().ok()?;
    Some(Timestamp::from_millis((seconds * 1000.0).round() as i64))
}

/// What has not been read yet.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn records(&mut self, range: Option<HashRange>, messages: &mut Messages, summary: &mut Summary) -> Option<()> {
        let mut last = None;
        // Most records of a batch arrived together; the same text is the same time.
        let mut known: (&[u8], Timestamp) = (b"", Timestamp(0));
        self.expect(b'[')?;
        if !self.take(b']') {
            loop {
                let record = self.record()?;
                if record.arrival != known.0 {
                    known = (record.arrival, timestamp(record.arrival)?);
                }
                let sequence = std::str::from_utf8(record.sequence).ok()?;
                let decode = |bytes: &mut Vec<u8>| base64_simd::STANDARD.decode_append(record.data, bytes).ok();
                messages.push(sequence, known.1, decode)?;
                let whole = messages.get(messages.len() - 1).bytes;
                summary.records += 1;
                summary.bytes += whole.len();
                if let Some(parts) = unpack(whole, range) {
                    messages.split_last(parts);
                }
                last = Some((sequence, known.1));
                if self.take(b']') {
                    break;
                }
                self.expect(b',')?;
            }
        }
        if let Some((sequence, arrival)) = last {
            (summary.sequence, summary.arrival) = (sequence.to_owned(), arrival);
        }
        Some(())
    }

    fn record(&mut self) -> Option<Record<'a>> {
        let (mut sequence, mut arrival, mut data) = (None, None, None);
        self.members(|rest, name| {
            match name {
                b"SequenceNumber" => sequence = Some(rest.text()?),
                b"ApproximateArrivalTimestamp" => arrival = Some(rest.number()?),
                b"Data" => data = Some(rest.raw_text()?),
                b"PartitionKey" | b"EncryptionType" => rest.skip_text()?,
                _ => return None,
            }
            Some(())
        })?;
        Some(Record { sequence: sequence?, arrival: arrival?, data: data? })
    }

    /// The members of an object; `each` reads the value of a name.
    fn members(&mut self, mut each: impl FnMut(&mut Self, &'a [u8]) -> Option<()>) -> Option<()> {
        self.expect(b'{')?;
        if self.take(b'}') {
            return Some(());
        }
        loop {
            let name = self.raw_text()?;
            self.expect(b':')?;
            each(self, name)?;
            if self.take(b'}') {
                return Some(());
            }
            self.expect(b',')?;
        }
    }

    /// A text as far as the next quote. Names and base64 with escapes in them are none that anybody knows.
    fn raw_text(&mut self) -> Option<&'a [u8]> {
        self.expect(b'"')?;
        let (text, rest) = self.0.split_at(memchr(b'"', self.0)?);
        self.0 = &rest[1..];
        Some(text)
    }

    /// A text without escapes.
    fn text(&mut self) -> Option<&'a [u8]> {
        self.raw_text().filter(|text| memchr(b'\\', text).is_none())
    }

    /// Any text.
    fn skip_text(&mut self) -> Option<()> {
        self.expect(b'"')?;
        loop {
            let end = memchr2(b'"', b'\\', self.0)?;
            let is_end = self.0[end] == b'"';
            self.0 = self.0.get(end + if is_end { 1 } else { 2 }..)?;
            if is_end {
                return Some(());
            }
        }
    }

    fn number(&mut self) -> Option<&'a [u8]> {
        self.skip_space();
        let is_part = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E');
        let end = self.0.iter().position(|byte| !is_part(byte))?;
        let (number, rest) = self.0.split_at(end);
        self.0 = rest;
        Some(number)
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.take(byte).then_some(())
    }

    fn take(&mut self, byte: u8) -> bool {
        self.skip_space();
        let taken = self.0.first() == Some(&byte);
        if taken {
            self.0 = &self.0[1..];
        }
        taken
    }

    fn skip_space(&mut self) {
        while let [b' ' | b'\t' | b'\n' | b'\r', rest @ ..] = self.0 {
            self.0 = rest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(body: &str) -> Option<(Summary, Messages)> {
        let mut messages = Messages::default();
        let summary = read(body.as_bytes(), None, &mut messages)?;
        Some((summary, messages))
    }

    const BODY: &str = r#"{"MillisBehindLatest":1500,"NextShardIterator":"AAAA+/=","Records":[
        {"ApproximateArrivalTimestamp":1.606132345123E9,"Data":"b25l","PartitionKey":"a \"key\\","SequenceNumber":"49"},
        {"SequenceNumber":"50","ApproximateArrivalTimestamp":1606132345.867,"Data":"","PartitionKey":"b",
         "EncryptionType":"KMS"}]}"#;

    #[test]
    fn bodies_are_read_in_one_pass() {
        let (summary, messages) = read_all(BODY).unwrap();
        let found: Vec<_> =
            messages.iter().map(|message| (message.bytes, message.sequence, message.timestamp.millis())).collect();
        let expected: [(&[u8], _, _); 2] = [(b"one", "49", 1_606_132_345_123), (b"", "50", 1_606_132_345_867)];
        assert_eq!(found, expected);
        let expected = Summary {
            records: 2,
            bytes: 3,
            sequence: "50".to_owned(),
            arrival: Timestamp::from_millis(1_606_132_345_867),
            next_iterator: Some("AAAA+/=".to_owned()),
            millis_behind_latest: Some(1500),
        };
        assert_eq!(summary, expected);
        let (summary, messages) = read_all(r#"{"Records": [], "MillisBehindLatest": 0}"#).unwrap();
        assert!(messages.is_empty() && summary.next_iterator.is_none() && summary.millis_behind_latest == Some(0));
    }

    #[test]
    fn what_is_written_otherwise_is_left_to_the_sdk() {
        for (from, to) in [
            ("b25l", "b25\\u006c"),
            ("b25l", "b2"),
            ("\"49\"", "49"),
            ("\"NextShardIterator\":\"AAAA+/=\"", "\"NextShardIterator\":null"),
            ("\"EncryptionType\":\"KMS\"", "\"News\":1"),
            ("\"MillisBehindLatest\":1500", "\"ChildShards\":[]"),
            ("1.606132345123E9", "null"),
            ("}]}", "}]} x"),
        ] {
            let body = BODY.replace(from, to);
            assert_ne!(body, BODY, "{from}");
            assert!(read_all(&body).is_none(), "{to}");
        }
        for length in 0..BODY.len() {
            assert!(read_all(&BODY[..length]).is_none(), "cut at {length}");
        }
    }
}
