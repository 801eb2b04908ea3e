//! Statements that Flink knows and an application cannot hold: what they are, and what to do instead.

use super::cursor::Cursor;
use crate::diagnostic::Diagnostic;
use crate::text::Span;

/// What to say of a statement that starts with `word`; a warning if it is simply skipped.
pub(super) fn refusal(word: &str, cursor: &Cursor<'_>) -> Option<Diagnostic> {
    let span = cursor.span();
    let skipped = match word {
        "SHOW" | "DESCRIBE" | "DESC" | "HELP" | "CLEAR" | "QUIT" | "EXIT" => Some("it only shows something"),
        "EXPLAIN" => Some("`sqlc explain` shows plans"),
        "ANALYZE" => Some("there are no statistics to gather"),
        _ => None,
    };
    if let Some(why) = skipped {
        let message = format!("{word} has no place in an application and is skipped");
        return Some(Diagnostic::warning("skipped-statement", span, message).with_note(why));
    }
    let help = match word {
        "ALTER" => "change the CREATE statement itself",
        "DELETE" | "UPDATE" | "TRUNCATE" | "MERGE" | "UPSERT" | "REPLACE" => {
            "rows of a stream are written with INSERT INTO; updates follow from the query and the PRIMARY KEY of the table"
        }
        "CALL" => "there are no procedures",
        "LOAD" | "UNLOAD" => "the built-in functions are always there",
        "ADD" | "REMOVE" => "an application is one binary without jars",
        "STOP" => "stop the application with SIGTERM: it drains first",
        "COMPILE" | "EXECUTE" => "write the INSERT itself; `sqlc build` compiles it",
        "GRANT" | "REVOKE" => "rights are given where the streams are kept",
        "REFRESH" => "a query here is always up to date",
        _ => return None,
    };
    let what = match word {
        "EXECUTE" => match cursor.word_at(1) {
            Some(second) => format!("EXECUTE {second}"),
            None => "EXECUTE".to_owned(),
        },
        _ => word.to_owned(),
    };
    Some(Diagnostic::error("unsupported", span, format!("{what} is not supported")).help(help))
}

/// What to say of `CREATE` or `DROP` of something that is neither a table nor a view.
pub(super) fn created(cursor: &Cursor<'_>, start: Span) -> Option<Diagnostic> {
    let word = cursor.word_at(0)?;
    let help = match word.as_str() {
        "FUNCTION" | "SYSTEM" => "use the built-in functions; functions of Java, Scala or Python cannot be compiled",
        "CATALOG" | "DATABASE" => "tables come from the notebook and from the folder `catalog/` beside it",
        "MODEL" => "models are not supported",
        "MATERIALIZED" => "a view, and an INSERT INTO a table from it, do the same",
        "OR" => "write `DROP ... IF EXISTS` before it instead of OR REPLACE",
        "CONNECTION" => "put the options into the WITH clause of the table",
        _ => return None,
    };
    let verb = cursor.words(start).to_ascii_uppercase();
    let what = match word.as_str() {
        "OR" => "OR REPLACE".to_owned(),
        "MATERIALIZED" => "MATERIALIZED TABLE".to_owned(),
        "SYSTEM" => "SYSTEM FUNCTION".to_owned(),
        word => word.to_owned(),
    };
    let span = start.to(cursor.span());
    Some(Diagnostic::error("unsupported", span, format!("{verb} {what} is not supported")).help(help))
}
