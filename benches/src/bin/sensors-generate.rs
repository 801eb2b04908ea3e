//! Writes N records of the sensors' stream to a file: `sensors-generate N FILE [--keys K]`. The same numbers give the
//! same bytes. With `--keys` the status is one of K texts, `key0` to `key(K-1)`, instead of OK, FAIL and WARN.

use sqlc_benches::random::Random;
use sqlc_benches::sensors::{self, Sensors};
use std::fs::File;
use std::io::{BufWriter, Write};

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let (number, file, keys) = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [_, number, file] => (number, file, None),
        [_, number, file, "--keys", keys] => (number, file, Some(keys.parse::<u64>().map_err(std::io::Error::other)?)),
        _ => {
            eprintln!("usage: sensors-generate N FILE [--keys K]");
            std::process::exit(64);
        }
    };
    let number: u64 = number.parse().map_err(std::io::Error::other)?;
    let mut out = BufWriter::with_capacity(1 << 20, File::create(file)?);
    let mut sensors = Sensors::default();
    for _ in 0..number {
        let status = |random: &mut Random| match keys {
            None => Status::Word(sensors::status(random)),
            Some(keys) => Status::Key(random.below(keys.max(1))),
        };
        sensors.write(&mut out, status, |random| 1 + random.below(100))?;
    }
    out.flush()
}

enum Status {
    Word(&'static str),
    Key(u64),
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Status::Word(word) => f.write_str(word),
            Status::Key(key) => write!(f, "key{key}"),
        }
    }
}
