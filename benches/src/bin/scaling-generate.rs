//! Writes N records of the sensors' stream to the files of a folder, to each in turn, as a partitioned log has them:
//! `scaling-generate N KEYS HOT FILES FOLDER`. HOT per cent of the records are of sensor 1, the rest of any of the
//! KEYS sensors. The same arguments give the same bytes.

use sqlc_benches::random::Random;
use sqlc_benches::sensors::{self, Sensors};
use std::fs::File;
use std::io::{BufWriter, Write};

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [records, keys, hot, files, folder] = arguments.as_slice() else {
        eprintln!("usage: scaling-generate N KEYS HOT FILES FOLDER");
        std::process::exit(64);
    };
    let number = |text: &String| text.parse::<u64>().map_err(std::io::Error::other);
    let (records, keys, hot, files) = (number(records)?, number(keys)?, number(hot)?, number(files)?);
    std::fs::create_dir_all(folder)?;
    let mut sensors = Sensors::default();
    let file = |file| File::create(format!("{folder}/{file:03}.jsonl"));
    let open = |number| Ok(BufWriter::with_capacity(1 << 20, file(number)?));
    let mut outs = (0..files).map(open).collect::<std::io::Result<Vec<_>>>()?;
    for record in 0..records {
        let out = &mut outs[(record % files) as usize];
        let sensor = |random: &mut Random| if random.below(100) < hot { 1 } else { 1 + random.below(keys) };
        sensors.write(out, sensors::status, sensor)?;
    }
    outs.iter_mut().try_for_each(Write::flush)
}
