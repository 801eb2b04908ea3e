//! A stream of a local Kinesis, written like a file: every line is a record.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::io::{BufRead, BufReader, Error, Read, Result, Write};
use std::net::TcpStream;

/// How many records one call of PutRecords takes.
const MOST: usize = 500;

/// The stream `NAME` of the service at `HOST:PORT`, on one connection.
pub struct Stream {
    connection: BufReader<TcpStream>,
    name: String,
    /// Partition keys follow each other, so that every shard has its share.
    next: u64,
}

impl Stream {
    /// Opens `http://HOST:PORT/NAME`; `None` if the text is something else.
    pub fn open(address: &str) -> Option<Result<Stream>> {
        let (place, name) = address.strip_prefix("http://")?.split_once('/')?;
        Some(TcpStream::connect(place).and_then(|connection| {
            connection.set_nodelay(true)?;
            Ok(Stream { connection: BufReader::new(connection), name: name.to_owned(), next: 0 })
        }))
    }

    fn put(&mut self, lines: &[&[u8]]) -> Result<()> {
        let mut body = format!("{{\"StreamName\":\"{}\",\"Records\":[", self.name);
        for (number, line) in lines.iter().enumerate() {
            let comma = if number > 0 { "," } else { "" };
            let data = STANDARD.encode(line);
            self.next += 1;
            body += &format!("{comma}{{\"PartitionKey\":\"{}\",\"Data\":\"{data}\"}}", self.next);
        }
        body += "]}";
        let head = format!(
            "POST / HTTP/1.1\r\nHost: local\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: {}\r\n\
             X-Amz-Target: Kinesis_20131202.PutRecords\r\nX-Amz-Date: 20200101T000000Z\r\nAuthorization: AWS4-HMAC-SHA256 \
             Credential=local/20200101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=0\r\n\r\n",
            body.len()
        );
        self.connection.get_mut().write_all((head + &body).as_bytes())?;
        let answer = self.answer()?;
        if !answer.contains("\"FailedRecordCount\":0") {
            return Err(Error::other(format!("PutRecords: {answer}")));
        }
        Ok(())
    }

    fn answer(&mut self) -> Result<String> {
        let (mut length, mut line) = (0, String::new());
        loop {
            line.clear();
            self.connection.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(": ") else {
                if line.trim_end().is_empty() {
                    break;
                }
                continue;
            };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.parse().map_err(Error::other)?;
            }
        }
        let mut body = vec![0; length];
        self.connection.read_exact(&mut body)?;
        Ok(String::from_utf8_lossy(&body).into_owned())
    }
}

impl Write for Stream {
    /// Takes whole lines only.
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
        lines.chunks(MOST).try_for_each(|lines| self.put(lines))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}
