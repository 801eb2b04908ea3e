//! As much of HTTP/1.1 as a status page and some commands need: one request a connection, small bodies, clear limits.

use crate::error::{Error, ErrorKind, Result};
use serde_json::Value;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// How much a request or the head of an answer may have.
const HEAD_LIMIT: usize = 16 << 10;
const BODY_LIMIT: usize = 64 << 10;

/// A connection of either kind. Its timeouts are those of the system, for each call.
pub trait Stream: Read + Write + Send {
    fn set_timeouts(&self, read: Option<Duration>, write: Option<Duration>) -> io::Result<()>;

    /// Nothing more will be written.
    fn finish(&self) -> io::Result<()>;
}

impl Stream for TcpStream {
    fn set_timeouts(&self, read: Option<Duration>, write: Option<Duration>) -> io::Result<()> {
        self.set_read_timeout(read)?;
        self.set_write_timeout(write)
    }

    fn finish(&self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}

impl Stream for UnixStream {
    fn set_timeouts(&self, read: Option<Duration>, write: Option<Duration>) -> io::Result<()> {
        self.set_read_timeout(read)?;
        self.set_write_timeout(write)
    }

    fn finish(&self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}

/// What somebody asks.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    /// Without what follows a `?`.
    pub path: String,
    /// What `Authorization: Bearer` says.
    pub bearer: Option<Vec<u8>>,
    pub body: Vec<u8>,
    /// Whether the client knows answers that are not the last word, which came with HTTP/1.1.
    pub may_wait: bool,
}

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub content_type: &'static str,
    pub body: String,
    /// `Allow`, for a 405.
    pub allow: Option<&'static str>,
}

impl Response {
    pub fn text(status: u16, body: impl Into<String>) -> Self {
        Response { status, content_type: "text/plain; charset=utf-8", body: body.into(), allow: None }
    }

    pub fn json(status: u16, body: &Value) -> Self {
        Response { status, content_type: "application/json", body: format!("{body:#}\n"), allow: None }
    }

    /// An answer that says what is wrong, and to programs of which kind that is.
    pub fn error(status: u16, error: &Error) -> Self {
        let body = serde_json::json!({ "error": error.to_string(), "exit_code": error.kind().exit_code() });
        Response::json(status, &body)
    }

    /// Writes it. With `open_end` the connection's end is the body's end, otherwise its length is told.
    pub fn write(&self, stream: &mut dyn Stream, with_body: bool, open_end: bool) -> io::Result<()> {
        let mut text = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        text += &format!("content-type: {}\r\nconnection: close\r\n", self.content_type);
        if let Some(allow) = self.allow {
            text += &format!("allow: {allow}\r\n");
        }
        if !open_end {
            text += &format!("content-length: {}\r\n", self.body.len());
        }
        text += "\r\n";
        if with_body {
            text += &self.body;
        }
        stream.write_all(text.as_bytes())?;
        stream.flush()
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        411 => "Length Required",
        413 => "Content Too Large",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "",
    }
}

/// Tells a client that it has to wait on.
pub fn write_patience(stream: &mut dyn Stream) -> io::Result<()> {
    stream.write_all(b"HTTP/1.1 102 Processing\r\n\r\n")?;
    stream.flush()
}

/// Why there is no request: the connection is gone, or this is the answer.
pub enum Unread {
    Gone,
    Refused(Response),
}

/// Reads one request, for as long as `deadline` allows.
pub fn read_request(stream: &mut dyn Stream, deadline: Instant) -> Result<Request, Unread> {
    let refused = |status, message: &str| Unread::Refused(Response::text(status, format!("{message}\n")));
    let mut bytes = Vec::new();
    let head_length = loop {
        if let Some(length) = head_length(&bytes) {
            break length;
        }
        if bytes.len() > HEAD_LIMIT {
            return Err(refused(431, "the request is too long"));
        }
        read_some(stream, &mut bytes, deadline)?;
    };
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut parsed = httparse::Request::new(&mut headers);
    match parsed.parse(&bytes[..head_length]) {
        Ok(httparse::Status::Complete(_)) => {}
        _ => return Err(refused(400, "this is no HTTP/1.1 request")),
    }
    let header = |name: &str| {
        let found = parsed.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        found.map(|header| header.value)
    };
    if header("transfer-encoding").is_some() {
        return Err(refused(411, "send the length of the body"));
    }
    let length = match header("content-length").map(|value| std::str::from_utf8(value).ok()?.trim().parse().ok()) {
        None => 0,
        Some(Some(length)) if length <= BODY_LIMIT => length,
        Some(Some(_)) => return Err(refused(413, "the body is too long")),
        Some(None) => return Err(refused(400, "content-length is no number")),
    };
    let path = parsed.path.unwrap_or_default();
    let mut request = Request {
        method: parsed.method.unwrap_or_default().to_owned(),
        path: path.split('?').next().unwrap_or_default().to_owned(),
        bearer: header("authorization").and_then(bearer).map(<[u8]>::to_vec),
        body: Vec::new(),
        may_wait: parsed.version == Some(1),
    };
    let expects = header("expect").is_some_and(|value| value.eq_ignore_ascii_case(b"100-continue"));
    if expects && stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").is_err() {
        return Err(Unread::Gone);
    }
    while bytes.len() < head_length + length {
        read_some(stream, &mut bytes, deadline)?;
    }
    request.body = bytes[head_length..head_length + length].to_vec();
    Ok(request)
}

fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_ascii())
}

fn read_some(stream: &mut dyn Stream, bytes: &mut Vec<u8>, deadline: Instant) -> Result<(), Unread> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(Unread::Refused(Response::text(408, "the request did not come in time\n")));
    }
    stream.set_timeouts(Some(left), Some(left)).map_err(|_| Unread::Gone)?;
    let mut buffer = [0; 4096];
    match stream.read(&mut buffer) {
        Ok(0) => Err(Unread::Gone),
        Ok(count) => {
            bytes.extend_from_slice(&buffer[..count]);
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
        // What has not come in time is noticed above.
        Err(error) if is_timeout(&error) => Ok(()),
        Err(_) => Err(Unread::Gone),
    }
}

/// Where the head of a request or answer ends, if it is there as a whole.
fn head_length(bytes: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, b"\r\n\r\n").map(|at| at + 4)
}

/// Both are used for a timeout, depending on the system.
pub fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

/// What was answered: the status and the body so far.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
    /// Whether all of the body is there.
    pub is_whole: bool,
}

/// Takes an answer apart, behind those that ask to wait; `None` if its head is not there yet.
pub fn parse_answer(mut bytes: &[u8]) -> Result<Option<Answer>> {
    loop {
        let Some(length) = head_length(bytes) else {
            return if bytes.len() > HEAD_LIMIT { Err(no_answer()) } else { Ok(None) };
        };
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut parsed = httparse::Response::new(&mut headers);
        parsed.parse(&bytes[..length]).map_err(|_| no_answer())?;
        let status = parsed.code.unwrap_or_default();
        if (100..200).contains(&status) {
            bytes = &bytes[length..];
            continue;
        }
        let told = parsed.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
        let told: Option<usize> = told.and_then(|header| std::str::from_utf8(header.value).ok()?.parse().ok());
        let body = bytes[length..].to_vec();
        let is_whole = told.is_some_and(|told| body.len() >= told);
        return Ok(Some(Answer { status, body, is_whole }));
    }
}

fn no_answer() -> Error {
    Error::new(ErrorKind::Resource, "what listens there is no application of sqlc")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Request, Response> {
        let (mut ours, mut theirs) = UnixStream::pair().unwrap();
        theirs.write_all(bytes).unwrap();
        drop(theirs);
        read_request(&mut ours, Instant::now() + Duration::from_secs(60)).map_err(|unread| match unread {
            Unread::Gone => Response::text(0, "gone"),
            Unread::Refused(response) => response,
        })
    }

    #[test]
    fn a_request_has_a_method_a_path_a_token_and_a_body() {
        let bytes = b"POST /stop?now HTTP/1.1\r\nHost: x\r\nauthorization: bearer  abc \r\nContent-Length: 4\r\n\r\nbody and more";
        let expected = Request {
            method: "POST".to_owned(),
            path: "/stop".to_owned(),
            bearer: Some(b"abc".to_vec()),
            body: b"body".to_vec(),
            may_wait: true,
        };
        assert_eq!(read(bytes), Ok(expected));
        assert!(!read(b"GET / HTTP/1.0\r\n\r\n").unwrap().may_wait);
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let status = |bytes: &[u8]| read(bytes).map_err(|response| response.status);
        assert_eq!(status(b"nonsense\r\n\r\n"), Err(400));
        assert_eq!(status(b"GET / HTTP/1.1\r\n"), Err(0));
        assert_eq!(status(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"), Err(411));
        assert_eq!(status(b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n"), Err(413));
        assert_eq!(status(b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"), Err(400));
        assert_eq!(status(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nshort"), Err(0));
        assert_eq!(status(&[b"GET / HTTP/1.1\r\nX: ".as_slice(), &[b'x'; 40_000]].concat()), Err(431));
    }

    #[test]
    fn who_says_nothing_is_not_waited_for() {
        let (mut ours, _theirs) = UnixStream::pair().unwrap();
        let unread = read_request(&mut ours, Instant::now() + Duration::from_millis(20));
        assert!(matches!(unread, Err(Unread::Refused(Response { status: 408, .. }))));
    }

    #[test]
    fn an_answer_is_found_behind_those_that_ask_to_wait() {
        let waiting = b"HTTP/1.1 102 Processing\r\n\r\n";
        assert_eq!(parse_answer(waiting), Ok(None));
        let bytes = [waiting.as_slice(), b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nyes"].concat();
        assert_eq!(parse_answer(&bytes), Ok(Some(Answer { status: 200, body: b"yes".to_vec(), is_whole: true })));
        assert!(parse_answer(b"SSH-2.0\r\n\r\n").is_err());
    }
}
