//! What the positions in a source mean.

use crate::connector::options::{Options, stream};
use serde_json::{Map, Value, json};

/// The meaning of the positions of a table: they belong to the table by its name, and to the files or the stream that it
/// reads. All other options may change.
pub fn source(table: &str, options: &Options) -> Value {
    let mut meaning = Map::new();
    let mut say = |name: &str, value: &str| meaning.insert(name.to_owned(), json!(value));
    say("table", table);
    say("connector", options.text("connector").unwrap_or_default());
    match stream::place(options) {
        Ok(place) if options.text("path").is_none() => {
            say("stream", place.stream);
            if let Some(region) = place.region {
                say("region", region);
            }
        }
        _ => {
            if let Some(path) = options.text("path") {
                let path = path.strip_prefix("file://").unwrap_or(path);
                say("path", path.trim_end_matches('/'));
            }
        }
    }
    Value::Object(meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(options: &[(&str, &str)]) -> Value {
        source("t", &Options::new(options.iter().copied()))
    }

    #[test]
    fn positions_belong_to_a_table_and_to_what_it_reads() {
        let file = meaning(&[("connector", "filesystem"), ("path", "in/bids"), ("format", "json")]);
        assert_eq!(file, json!({ "table": "t", "connector": "filesystem", "path": "in/bids" }));
        let other = meaning(&[("connector", "filesystem"), ("path", "file://in/bids/"), ("format", "csv")]);
        assert_eq!(other, file, "the format may change, and so may the way in which the path is written");
        let generated = meaning(&[("connector", "datagen"), ("rows-per-second", "5")]);
        assert_eq!(generated, json!({ "table": "t", "connector": "datagen" }));
    }

    #[test]
    fn a_stream_is_the_same_by_name_and_by_arn() {
        let arn = meaning(&[
            ("connector", "kinesis"),
            ("stream.arn", "arn:aws:kinesis:eu-west-1:123456789012:stream/bids"),
            ("aws.endpoint", "http://127.0.0.1:4567"),
        ]);
        assert_eq!(arn, json!({ "table": "t", "connector": "kinesis", "stream": "bids", "region": "eu-west-1" }));
        assert_eq!(meaning(&[("connector", "kinesis"), ("stream", "bids"), ("aws.region", "eu-west-1")]), arn);
    }
}
