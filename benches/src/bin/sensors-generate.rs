//! Writes N records of the sensors' stream to a file: `sensors-generate N FILE [--keys K]`. The same numbers give the
//! same bytes. With `--keys` the status is one of K texts, `key0` to `key(K-1)`, instead of OK, FAIL and WARN.

use std::fs::File;
use std::io::{BufWriter, Write};

/// 2021-05-21T10:00:00 in microseconds of that day; records advance by about a millisecond each.
const START: u64 = 10 * 3_600_000_000;
const DAY: u64 = 86_400_000_000;

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
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = move || {
        // xorshift64*: good enough for test data, and the same everywhere.
        random ^= random >> 12;
        random ^= random << 25;
        random ^= random >> 27;
        random.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33
    };
    let mut time = START;
    for _ in 0..number {
        time += next() % 2_000;
        let (day, rest) = (21 + time / DAY, time % DAY);
        let (seconds, micros) = (rest / 1_000_000, rest % 1_000_000);
        let status = match keys {
            None => Status::Word(["OK", "FAIL", "WARN"][(next() % 3) as usize]),
            Some(keys) => Status::Key(next() % keys.max(1)),
        };
        writeln!(
            out,
            "{{\"sensor_id\": {}, \"current_temperature\": {}.{:02}, \"status\": \"{status}\", \
             \"event_time\": \"2021-05-{day:02}T{:02}:{:02}:{:02}.{micros:06}\"}}",
            1 + next() % 100,
            10 + next() % 160,
            next() % 100,
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60,
        )?;
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
