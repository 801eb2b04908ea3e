//! The secret that commands over HTTP must know.

use crate::error::{Error, ErrorKind, Result};
use std::fmt;

/// The variable that a token may be in.
pub const VARIABLE: &str = "SQLC_TOKEN";

/// What is shorter can be guessed.
const LEAST: usize = 16;

/// A token, which is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(Vec<u8>);

impl Token {
    /// From a file, which comes first, or from the environment.
    pub fn find(file: Option<&str>) -> Result<Option<Self>> {
        match file {
            Some(file) => {
                let failed = |error| usage(format!("cannot read --token {file}: {error}"));
                Self::new(&std::fs::read_to_string(file).map_err(failed)?, &format!("--token {file}")).map(Some)
            }
            None => match std::env::var(VARIABLE) {
                Ok(text) => Self::new(&text, VARIABLE).map(Some),
                Err(std::env::VarError::NotPresent) => Ok(None),
                Err(error) => Err(usage(format!("{VARIABLE}: {error}"))),
            },
        }
    }

    fn new(text: &str, given_as: &str) -> Result<Self> {
        let text = text.trim();
        if text.len() < LEAST || text.contains(|c: char| !c.is_ascii_graphic()) {
            let expected =
                format!("expected {LEAST} or more letters, digits and signs, such as from `openssl rand -hex 16`");
            return Err(usage(format!("{given_as}: {expected}")));
        }
        Ok(Token(text.as_bytes().to_vec()))
    }

    /// Whether this is the token. How long that takes says nothing about how much of it is right: every byte that was
    /// given is compared, whatever the others were.
    pub fn is(&self, given: &[u8]) -> bool {
        let ours = self.0.iter().cycle();
        let differences = given.iter().zip(ours).fold(0, |all, (one, other)| std::hint::black_box(all | (one ^ other)));
        differences == 0 && given.len() == self.0.len()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

fn usage(message: String) -> Error {
    Error::new(ErrorKind::Usage, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_long_and_equal_to_itself_only() {
        let token = Token::new(" 0123456789abcdef\n", "x").unwrap();
        assert!(token.is(b"0123456789abcdef"));
        assert!(!token.is(b"0123456789abcdeg") && !token.is(b"") && !token.is(b"0123456789abcdef\n"));
        for wrong in ["", "short", "0123456789 abcdef", "0123456789abcdéf"] {
            assert_eq!(Token::new(wrong, "--token f").unwrap_err().kind(), ErrorKind::Usage, "{wrong}");
        }
    }

    #[test]
    fn a_token_comes_from_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "0123456789abcdef\n").unwrap();
        assert!(Token::find(file.to_str()).unwrap().unwrap().is(b"0123456789abcdef"));
        let missing = Token::find(Some("/nowhere/token")).unwrap_err().to_string();
        assert!(missing.starts_with("cannot read --token /nowhere/token: "), "{missing}");
    }
}
