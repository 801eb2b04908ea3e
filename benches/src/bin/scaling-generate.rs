//! Writes N records of the sensors' stream to the files of a folder, to each in turn, as a partitioned log has them:
//! `scaling-generate N KEYS HOT FILES FOLDER`. HOT per cent of the records are of sensor 1, the rest of any of the
//! KEYS sensors. The same arguments give the same bytes.

use std::fs::File;
use std::io::{BufWriter, Write};

/// 2021-05-21T10:00:00 in microseconds of that day; records advance by about a millisecond each.
const START: u64 = 10 * 3_600_000_000;
const DAY: u64 = 86_400_000_000;

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [records, keys, hot, files, folder] = arguments.as_slice() else {
        eprintln!("usage: scaling-generate N KEYS HOT FILES FOLDER");
        std::process::exit(64);
    };
    let number = |text: &String| text.parse::<u64>().map_err(std::io::Error::other);
    let (records, keys, hot, files) = (number(records)?, number(keys)?, number(hot)?, number(files)?);
    std::fs::create_dir_all(folder)?;
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = move || {
        // xorshift64*: good enough for test data, and the same everywhere.
        random ^= random >> 12;
        random ^= random << 25;
        random ^= random >> 27;
        random.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33
    };
    let mut time = START;
    let file = |file| File::create(format!("{folder}/{file:03}.jsonl"));
    let open = |number| Ok(BufWriter::with_capacity(1 << 20, file(number)?));
    let mut outs = (0..files).map(open).collect::<std::io::Result<Vec<_>>>()?;
    for record in 0..records {
        time += next() % 2_000;
        let (day, rest) = (21 + time / DAY, time % DAY);
        let (seconds, micros) = (rest / 1_000_000, rest % 1_000_000);
        let status = ["OK", "FAIL", "WARN"][(next() % 3) as usize];
        let sensor = if next() % 100 < hot { 1 } else { 1 + next() % keys };
        writeln!(
            outs[(record % files) as usize],
            "{{\"sensor_id\": {sensor}, \"current_temperature\": {}.{:02}, \"status\": \"{status}\", \
             \"event_time\": \"2021-05-{day:02}T{:02}:{:02}:{:02}.{micros:06}\"}}",
            10 + next() % 160,
            next() % 100,
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60,
        )?;
    }
    outs.iter_mut().try_for_each(Write::flush)
}
