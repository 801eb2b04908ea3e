//! Whatever the text is, reading it ends, and ends well.

use super::super::parse;
use super::{print, read};
use crate::diagnostic::{Colour, Diagnostics, render_human, render_json};
use crate::notebook;
use crate::text::Sources;
use proptest::prelude::*;

/// A stack as small as that of a thread.
fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(2 << 20).spawn(work).unwrap().join().unwrap();
}

#[test]
fn deep_nesting_is_refused() {
    on_a_small_stack(|| {
        let shapes: [(&str, &str, &str); 8] = [
            ("SELECT ", "(", "1"),
            ("SELECT ", "- ", "1"),
            ("SELECT ", "NOT ", "a"),
            ("SELECT ", "f(", "1"),
            ("SELECT ", "CASE WHEN a THEN ", "1"),
            ("SELECT * FROM ", "(SELECT * FROM ", "t"),
            ("SELECT CAST(a AS ", "ARRAY<", "INT"),
            ("SELECT a FROM t WHERE a IN ", "(SELECT a FROM t WHERE a IN ", "(1)"),
        ];
        for (head, piece, tail) in shapes {
            let (_, errors) = read(&format!("{head}{}{tail}", piece.repeat(10_000)));
            assert!(errors.starts_with("error[too-deep]: the statement is nested too deeply"), "{piece}: {errors}");
        }
    });
}

#[test]
fn long_chains_are_refused() {
    on_a_small_stack(|| {
        for piece in [" + 1", " AND a", " OR a = 1", " || 'x'", "[1]", " IS NULL"] {
            let (_, errors) = read(&format!("SELECT a{} FROM t", piece.repeat(10_000)));
            assert!(errors.starts_with("error[too-deep]"), "{piece}: {errors}");
        }
        for piece in [" UNION ALL SELECT 1", " JOIN u ON TRUE"] {
            let (_, errors) = read(&format!("SELECT * FROM t{}", piece.repeat(10_000)));
            assert!(errors.starts_with("error[too-deep]"), "{piece}: {errors}");
        }
    });
}

#[test]
fn many_comments_are_cheap() {
    let text = format!("SELECT {}1", "// don't\n".repeat(50_000));
    assert_eq!(print(&read(&text).0), "SELECT 1");
}

#[test]
fn what_is_not_refused_prints_and_drops() {
    on_a_small_stack(|| {
        let wide = format!("SELECT a IN ({}1)", "1, ".repeat(10_000));
        let chain = format!("SELECT a{}", " + 1".repeat(200));
        let nested = format!("SELECT {}1{}", "f(".repeat(30), ")".repeat(30));
        let queries = format!("SELECT * FROM {}t{}", "(SELECT * FROM ".repeat(14), ")".repeat(14));
        for text in [wide, chain, nested, queries] {
            let (statements, errors) = read(&text);
            assert_eq!(errors, "");
            assert_eq!(print(&statements), text);
        }
    });
}

/// Pieces of statements; put together at random they are nearly statements.
const PIECES: [&str; 66] = [
    "SELECT",
    "FROM",
    "WHERE",
    "GROUP BY",
    "ORDER BY",
    "CREATE TABLE",
    "INSERT INTO",
    "VALUES",
    "WITH",
    "AS",
    "t",
    "a",
    "`b c`",
    "(",
    ")",
    "[",
    "]",
    "<",
    ">",
    ",",
    ";",
    ".",
    "*",
    "+",
    "-",
    "||",
    "=",
    "<>",
    "!=",
    "1",
    "1.5e3",
    "'x'",
    "'",
    "`",
    "\"",
    "/*+ OPTIONS('a'='b') */",
    "/*",
    "*/",
    "--",
    "//",
    "\n",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "END",
    "CAST(",
    "INTERVAL '5' SECOND",
    "BETWEEN",
    "AND",
    "NOT",
    "IN",
    "IS",
    "NULL",
    "LIKE",
    "TABLE",
    "DESCRIPTOR",
    "=>",
    "JOIN",
    "ON",
    "UNION",
    "ROW<",
    "é",
    "\u{0}",
    "EXECUTE STATEMENT SET BEGIN",
    "OVER",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_text_never_panics(text in "\\PC{0,200}") {
        read(&text);
    }

    #[test]
    fn nearly_statements_never_panic(pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..60)) {
        let (statements, _) = read(&pieces.join(" "));
        let printed = print(&statements);
        // What is printed for a half-read statement may be wrong, but reading it must end too.
        read(&printed);
        read(&pieces.concat());
    }

    #[test]
    fn mutated_notes_never_panic(at in 0..10_000_usize, byte in any::<u8>()) {
        let mut bytes = super::journey::zeppelin().into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        let (mut sources, mut diagnostics) = (Sources::new(), Diagnostics::new());
        let notebook = notebook::read("a.zpln", &bytes, &mut sources, &mut diagnostics);
        parse(&notebook, &sources, &mut diagnostics);
        render_human(diagnostics.iter(), &sources, Colour::Never);
        render_json(diagnostics.iter(), &sources);
    }

    #[test]
    fn cut_statements_never_panic(cut in 0..1_000_usize) {
        let text = super::journey::SENSORS;
        let cut = cut % text.len();
        read(&text[..cut]);
        read(&text[cut..]);
    }
}
