//! What can go wrong while an application runs, and where in the notebook it was asked for.

use std::fmt;

/// A place in what the user wrote, as generated code knows it: cell and line are counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The file of the catalog, or `None` for the notebook itself.
    pub file: Option<&'static str>,
    pub cell: u32,
    pub line: u32,
}

impl Origin {
    /// A place in the notebook.
    pub const fn new(cell: u32, line: u32) -> Self {
        Origin { file: None, cell, line }
    }

    /// A place in a file of the catalog.
    pub const fn in_file(file: &'static str, cell: u32, line: u32) -> Self {
        Origin { file: Some(file), cell, line }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = self.file {
            write!(f, "{file}, ")?;
        }
        write!(f, "cell {}, line {}", self.cell, self.line)
    }
}

/// A value that cannot be computed (a division by zero, a failing CAST, an integer that does not fit).
/// Pure functions return it; generated code adds the place with [`At::at`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueError(pub Box<str>);

impl ValueError {
    #[cold]
    pub fn new(message: impl Into<String>) -> Self {
        ValueError(message.into().into_boxed_str())
    }
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What kind of failure ended the application; each has its own exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// A defect of sqlc itself. Exit code 70.
    Internal,
    /// Options, arguments or files that do not fit. Exit code 64.
    Usage,
    /// A record or value that the statements do not accept. Exit code 65.
    Data,
    /// A stream, file or service that is missing or refuses us. Exit code 66.
    Resource,
    /// No permission or no valid credentials. Exit code 77.
    Permission,
    /// Reading or writing failed for good (a full disk, a lost connection). Exit code 74.
    Io,
}

impl ErrorKind {
    pub const fn exit_code(self) -> u8 {
        match self {
            ErrorKind::Usage => 64,
            ErrorKind::Data => 65,
            ErrorKind::Resource => 66,
            ErrorKind::Internal => 70,
            ErrorKind::Io => 74,
            ErrorKind::Permission => 77,
        }
    }
}

/// The one error type of the runtime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Box<ErrorBody>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct ErrorBody {
    kind: ErrorKind,
    message: String,
    origin: Option<Origin>,
    lasting: bool,
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    #[cold]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error(Box::new(ErrorBody { kind, message: message.into(), origin: None, lasting: false }))
    }

    #[cold]
    pub fn data(origin: Origin, message: impl Into<String>) -> Self {
        Error(Box::new(ErrorBody {
            kind: ErrorKind::Data,
            message: message.into(),
            origin: Some(origin),
            lasting: true,
        }))
    }

    /// The same error with a sentence before its message.
    #[cold]
    pub fn context(mut self, context: impl fmt::Display) -> Self {
        self.0.message = format!("{context}: {}", self.0.message);
        self
    }

    /// The same error as one that stays until somebody does something about it: trying again does not help.
    #[cold]
    pub fn lasting(mut self) -> Self {
        self.0.lasting = true;
        self
    }

    pub fn is_lasting(&self) -> bool {
        self.0.lasting
    }

    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    pub fn message(&self) -> &str {
        &self.0.message
    }

    pub fn origin(&self) -> Option<Origin> {
        self.0.origin
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.origin {
            Some(origin) => write!(f, "{origin}: {}", self.0.message),
            None => f.write_str(&self.0.message),
        }
    }
}

impl std::error::Error for Error {}

/// Gives a failing value its place in the notebook: `numeric::div(a, b).at(Origin::new(2, 3))?`.
pub trait At<T> {
    fn at(self, origin: Origin) -> Result<T>;
}

impl<T> At<T> for Result<T, ValueError> {
    #[inline]
    fn at(self, origin: Origin) -> Result<T> {
        self.map_err(|error| Error::data(origin, error.0.into_string()))
    }
}
