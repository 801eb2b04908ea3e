//! PARSE_URL and the encoding of URLs.

use crate::value::Arena;
use bumpalo::collections::{String as Text, Vec};

/// The protocols that Java can open; PARSE_URL of any other is NULL.
const PROTOCOLS: [&str; 6] = ["http", "https", "ftp", "file", "jar", "mailto"];

/// The parts of a URL as they are written.
struct Url<'a> {
    protocol: &'a str,
    authority: &'a str,
    path: &'a str,
    query: Option<&'a str>,
    reference: Option<&'a str>,
}

impl<'a> Url<'a> {
    fn parse(text: &'a str) -> Option<Url<'a>> {
        let text = text.trim_matches(|c: char| c <= ' ');
        let (protocol, rest) = text.split_once(':')?;
        if !PROTOCOLS.iter().any(|known| known.eq_ignore_ascii_case(protocol)) {
            return None;
        }
        let (rest, reference) = match rest.split_once('#') {
            Some((rest, reference)) => (rest, Some(reference)),
            None => (rest, None),
        };
        let (rest, query) = match rest.split_once('?') {
            Some((rest, query)) => (rest, Some(query)),
            None => (rest, None),
        };
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
            None => ("", rest),
        };
        Some(Url { protocol, authority, path, query, reference })
    }

    fn user(&self) -> Option<&'a str> {
        self.authority.rsplit_once('@').map(|(user, _)| user)
    }

    fn host(&self) -> &'a str {
        let host = self.authority.rsplit_once('@').map_or(self.authority, |(_, host)| host);
        // The colons of an IPv6 address are inside brackets.
        let end = host.find(']').unwrap_or(0);
        host[end..].find(':').map_or(host, |colon| &host[..end + colon])
    }
}

/// PARSE_URL(url, part): NULL for what is no URL, for an unknown part, and for one that it lacks.
pub fn parse_url<'a>(arena: &'a Arena, text: &'a str, part: &str) -> Option<&'a str> {
    let url = Url::parse(text)?;
    match part {
        "HOST" => Some(url.host()),
        "PATH" => Some(url.path),
        "QUERY" => url.query,
        "REF" => url.reference,
        "PROTOCOL" => Some(super::text::lower(arena, url.protocol)),
        "FILE" => Some(match url.query {
            Some(query) => super::text::concat(arena, &[url.path, "?", query]),
            None => url.path,
        }),
        "AUTHORITY" => Some(url.authority),
        "USERINFO" => url.user(),
        _ => None,
    }
}

/// PARSE_URL(url, 'QUERY', key): the value of the first such key, as it is written.
pub fn parse_url_query<'a>(text: &'a str, part: &str, key: &str) -> Option<&'a str> {
    if part != "QUERY" {
        return None;
    }
    let pairs = Url::parse(text)?.query?.split('&');
    pairs.filter_map(|pair| pair.split_once('=')).find(|(name, _)| *name == key).map(|(_, value)| value)
}

/// URL_ENCODE, as a form is: a space becomes a plus.
pub fn url_encode<'a>(arena: &'a Arena, text: &str) -> &'a str {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut result = Text::with_capacity_in(text.len(), arena);
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'*' | b'_' => result.push(char::from(byte)),
            b' ' => result.push('+'),
            _ => {
                result.push('%');
                result.push(char::from(DIGITS[usize::from(byte >> 4)]));
                result.push(char::from(DIGITS[usize::from(byte & 15)]));
            }
        }
    }
    result.into_bump_str()
}

/// URL_DECODE: NULL for a percent sign without two hexadecimal digits.
pub fn url_decode<'a>(arena: &'a Arena, text: &'a str) -> Option<&'a str> {
    let mut result = Vec::with_capacity_in(text.len(), arena);
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => result.push(b' '),
            b'%' => {
                let high = char::from(bytes.next()?).to_digit(16)?;
                let low = char::from(bytes.next()?).to_digit(16)?;
                result.push((high * 16 + low) as u8);
            }
            _ => result.push(byte),
        }
    }
    Some(super::cast::bytes_to_text(arena, result.into_bump_slice()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From Flink 2.3.
    #[test]
    fn parts_of_urls() {
        let arena = Arena::new();
        let url = "http://user:pw@facebook.com:8080/path1/p.php?k1=v1&k2=v2#Ref1";
        for (part, expected) in [
            ("HOST", Some("facebook.com")),
            ("PATH", Some("/path1/p.php")),
            ("QUERY", Some("k1=v1&k2=v2")),
            ("REF", Some("Ref1")),
            ("PROTOCOL", Some("http")),
            ("AUTHORITY", Some("user:pw@facebook.com:8080")),
            ("USERINFO", Some("user:pw")),
            ("FILE", Some("/path1/p.php?k1=v1&k2=v2")),
            ("NONSENSE", None),
            ("host", None),
        ] {
            assert_eq!(parse_url(&arena, url, part), expected, "{part}");
        }
        assert_eq!(parse_url_query(url, "QUERY", "k2"), Some("v2"));
        assert_eq!(parse_url_query(url, "QUERY", "k3"), None);
        assert_eq!(parse_url_query("https://h/a?x=%20y&x=2", "QUERY", "x"), Some("%20y"));
        assert_eq!(parse_url(&arena, "http://facebook.com", "PATH"), Some(""));
        assert_eq!(parse_url(&arena, "http://facebook.com", "QUERY"), None);
        assert_eq!(parse_url(&arena, "http://facebook.com/?", "QUERY"), Some(""));
        for wrong in ["notaurl", "/a/b?x=1", "s3://h/a"] {
            assert_eq!(parse_url(&arena, wrong, "PATH"), None);
        }
    }

    #[test]
    fn encoding() {
        let arena = Arena::new();
        assert_eq!(url_encode(&arena, "a b&c=é/~*"), "a+b%26c%3D%C3%A9%2F%7E*");
        assert_eq!(url_decode(&arena, "a+b%26c%3D%C3%A9"), Some("a b&c=é"));
        assert_eq!(url_decode(&arena, "%zz"), None);
    }
}
