//! The options of the connectors and formats inside this crate.

use super::{ConnectorSpec, Direction, FormatSpec, OptionKind, OptionSpec};

pub const FILESYSTEM: ConnectorSpec = ConnectorSpec {
    name: "filesystem",
    source: true,
    sink: true,
    needs_format: true,
    metadata: &[],
    changelog_sink: false,
    options: &[],
};

pub const DATAGEN: ConnectorSpec = ConnectorSpec {
    name: "datagen",
    source: true,
    sink: false,
    needs_format: false,
    metadata: &[],
    changelog_sink: false,
    options: &[],
};

pub const PRINT: ConnectorSpec = ConnectorSpec {
    name: "print",
    source: false,
    sink: true,
    needs_format: false,
    metadata: &[],
    changelog_sink: true,
    options: &[],
};

pub const BLACKHOLE: ConnectorSpec = ConnectorSpec {
    name: "blackhole",
    source: false,
    sink: true,
    needs_format: false,
    metadata: &[],
    changelog_sink: true,
    options: &[],
};

pub const JSON: FormatSpec = FormatSpec {
    name: "json",
    options: &[
        OptionSpec {
            name: "json.fail-on-missing-field",
            kind: OptionKind::Boolean,
            default: Some("false"),
            direction: Direction::Source,
            compiled: false,
            help: "Whether a record in which a column is missing is an error; otherwise the column is NULL.",
        },
        OptionSpec {
            name: "json.ignore-parse-errors",
            kind: OptionKind::Boolean,
            default: Some("false"),
            direction: Direction::Source,
            compiled: false,
            help: "Whether a column that cannot be read is NULL and a record that is no JSON is skipped.",
        },
        OptionSpec {
            name: "json.timestamp-format.standard",
            kind: OptionKind::Choice(&["SQL", "ISO-8601", "ISO-8601-WITH-OFFSET"]),
            default: Some("SQL"),
            direction: Direction::Both,
            compiled: true,
            help: "The form of timestamps: 'yyyy-MM-dd HH:mm:ss.s', with a T, or with a T and an offset.",
        },
        OptionSpec {
            name: "json.map-null-key.mode",
            kind: OptionKind::Choice(&["FAIL", "DROP", "LITERAL"]),
            default: Some("FAIL"),
            direction: Direction::Sink,
            compiled: false,
            help: "What happens to a map entry whose key is NULL.",
        },
        OptionSpec {
            name: "json.map-null-key.literal",
            kind: OptionKind::Text,
            default: Some("null"),
            direction: Direction::Sink,
            compiled: false,
            help: "The key written for NULL when json.map-null-key.mode is LITERAL.",
        },
        OptionSpec {
            name: "json.encode.decimal-as-plain-number",
            kind: OptionKind::Boolean,
            default: Some("false"),
            direction: Direction::Sink,
            compiled: false,
            help: "Whether decimals are written with all their digits (0.00000027) instead of shortly (2.7E-7).",
        },
        OptionSpec {
            name: "json.encode.ignore-null-fields",
            kind: OptionKind::Boolean,
            default: Some("false"),
            direction: Direction::Sink,
            compiled: false,
            help: "Whether columns that are NULL are left out.",
        },
        OptionSpec {
            name: "json.decode.json-parser.enabled",
            kind: OptionKind::Boolean,
            default: Some("true"),
            direction: Direction::Source,
            compiled: false,
            help: "Which of Flink's two decoders to use; there is only one here, so it changes nothing.",
        },
    ],
};

pub const CSV: FormatSpec = FormatSpec {
    name: "csv",
    options: &[
        OptionSpec {
            name: "csv.field-delimiter",
            kind: OptionKind::Character,
            default: Some(","),
            direction: Direction::Both,
            compiled: false,
            help: "What stands between fields.",
        },
        OptionSpec {
            name: "csv.disable-quote-character",
            kind: OptionKind::Boolean,
            default: Some("false"),
            direction: Direction::Both,
            compiled: false,
            help: "Whether fields are never quoted; csv.quote-character must not be set then.",
        },
        OptionSpec {
            name: "csv.quote-character",
            kind: OptionKind::Character,
            default: Some("\""),
            direction: Direction::Both,
            compiled: false,
            help: "What stands around a field that contains a delimiter.",
        },
        OptionSpec {
            name: "csv.allow-comments",
            kind: OptionKind::Boolean,
            default: Some("false"),
            direction: Direction::Source,
            compiled: false,
            help: "Whether lines that begin with # are skipped.",
        },
        OptionSpec {
            name: "csv.ignore-parse-errors",
            kind: OptionKind::Boolean,
            default: Some("false"),
            direction: Direction::Source,
            compiled: false,
            help: "Whether a field that cannot be read is NULL and a line that cannot be read is skipped.",
        },
        OptionSpec {
            name: "csv.array-element-delimiter",
            kind: OptionKind::Text,
            default: Some(";"),
            direction: Direction::Both,
            compiled: false,
            help: "What stands between the elements of an ARRAY or the fields of a ROW.",
        },
        OptionSpec {
            name: "csv.escape-character",
            kind: OptionKind::Character,
            default: None,
            direction: Direction::Both,
            compiled: false,
            help: "What stands before a character that is to be taken literally.",
        },
        OptionSpec {
            name: "csv.null-literal",
            kind: OptionKind::Text,
            default: None,
            direction: Direction::Both,
            compiled: false,
            help: "The text that stands for NULL.",
        },
        OptionSpec {
            name: "csv.write-bigdecimal-in-scientific-notation",
            kind: OptionKind::Boolean,
            default: Some("true"),
            direction: Direction::Sink,
            compiled: false,
            help: "Whether decimals are written shortly (1E+5) instead of with all their digits (100000).",
        },
        OptionSpec {
            name: "csv.trim-spaces",
            kind: OptionKind::Boolean,
            default: Some("false"),
            direction: Direction::Source,
            compiled: false,
            help: "Whether spaces around fields that are not quoted are dropped.",
        },
        OptionSpec {
            name: "csv.ignore-trailing-unmappable",
            kind: OptionKind::Boolean,
            default: Some("false"),
            direction: Direction::Source,
            compiled: false,
            help: "Whether fields behind the last column are ignored instead of being an error.",
        },
        OptionSpec {
            name: "csv.allow-trailing-comma",
            kind: OptionKind::Boolean,
            default: Some("true"),
            direction: Direction::Source,
            compiled: false,
            help: "Whether a delimiter may stand behind the last field.",
        },
        OptionSpec {
            name: "csv.fail-on-missing-columns",
            kind: OptionKind::Boolean,
            default: Some("false"),
            direction: Direction::Source,
            compiled: false,
            help: "Whether a line with fewer fields than columns is an error even where errors are ignored.",
        },
        OptionSpec {
            name: "csv.empty-string-as-null",
            kind: OptionKind::Boolean,
            default: Some("false"),
            direction: Direction::Source,
            compiled: false,
            help: "Whether an empty field is NULL.",
        },
    ],
};

pub const RAW: FormatSpec = FormatSpec {
    name: "raw",
    options: &[
        OptionSpec {
            name: "raw.charset",
            kind: OptionKind::Choice(&["UTF-8", "US-ASCII", "ISO-8859-1", "UTF-16BE", "UTF-16LE"]),
            default: Some("UTF-8"),
            direction: Direction::Both,
            compiled: false,
            help: "How a text is stored as bytes.",
        },
        OptionSpec {
            name: "raw.endianness",
            kind: OptionKind::Choice(&["big-endian", "little-endian"]),
            default: Some("big-endian"),
            direction: Direction::Both,
            compiled: false,
            help: "In which order the bytes of a number are stored.",
        },
    ],
};

pub const COMMON: &[OptionSpec] = &[
    OptionSpec {
        name: "on-error",
        kind: OptionKind::Choice(&["fail", "skip", "dead-letter"]),
        default: Some("fail"),
        direction: Direction::Source,
        compiled: false,
        help: "What happens to a record that cannot be read: the application fails, skips it, or stores it.",
    },
    OptionSpec {
        name: "dead-letter.path",
        kind: OptionKind::Text,
        default: None,
        direction: Direction::Source,
        compiled: false,
        help: "The file to which records that cannot be read are appended, as JSON lines with their origin.",
    },
];
