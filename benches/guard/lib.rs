//! Instruction counts of the hot paths; see `counts.rs`. The limits in `limits.txt` are what was counted when they were
//! recorded, one line each: the path and its instructions.

use gungraun::{Callgrind, EventKind, LibraryBenchmarkConfig};

/// How much heavier a path may become.
const TOLERANCE: f64 = 1.03;

/// Fails a path that needs more instructions than its limit allows. While limits are recorded there are none.
pub fn limit(path: &str) -> LibraryBenchmarkConfig {
    let mut config = LibraryBenchmarkConfig::default();
    let recorded =
        include_str!("limits.txt").lines().filter_map(|line| line.split_once(' ')).find(|(name, _)| *name == path);
    match recorded {
        _ if std::env::var_os("RECORD").is_some() => {}
        Some((_, count)) => {
            let count: f64 = count.parse().expect("a limit is a number");
            config.tool(Callgrind::default().hard_limits([(EventKind::Ir, (count * TOLERANCE) as u64)]));
        }
        None => panic!("{path} has no limit: RECORD=1 benches/guard/run records them"),
    }
    config
}

/// How many records a path is counted over.
pub const RECORDS: usize = 2_000;

/// Records of half the first window of a HOP, so that none is late and no window is over: numbers from 0 on, a status,
/// a temperature with one or two digits behind the point, and microseconds of the day.
pub fn records() -> impl Iterator<Item = (usize, &'static str, String, u64)> {
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = move || {
        random ^= random >> 12;
        random ^= random << 25;
        random ^= random >> 27;
        random.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33
    };
    (0..RECORDS).map(move |index| {
        let status = ["OK", "FAIL", "WARN"][(next() % 3) as usize];
        let temperature = format!("{}.{}", 10 + next() % 160, next() % 100);
        (index, status, temperature, index as u64 * 2_000 + next() % 1_000)
    })
}

/// All four members of the sensors' records, a line each.
pub fn readings() -> Vec<u8> {
    lines(|index, status, temperature, time| {
        let device = index * 7_919 % 1_000;
        format!(
            "{{\"sensor_id\": {device}, \"current_temperature\": {temperature}, \"status\": \"{status}\", \
             \"event_time\": \"2021-05-21T10:00:{}\"}}",
            seconds(time)
        )
    })
}

/// Fifty members: a number, a DOUBLE and a text in turns.
pub fn wide() -> Vec<u8> {
    lines(|index, status, temperature, _| {
        let member = |column: usize| match column % 3 {
            0 => format!("\"c{column:02}\": \"{status} {}\"", index * column % 977),
            1 => format!("\"c{column:02}\": {}", index * column % 10_007),
            _ => format!("\"c{column:02}\": {temperature}"),
        };
        format!("{{{}}}", (1..=50).map(member).collect::<Vec<_>>().join(", "))
    })
}

/// Events of three kinds, each with one object; those of the others are null.
pub fn events() -> Vec<u8> {
    lines(|index, status, _, _| {
        let person = format!("{{\"id\":{index},\"name\":\"{status} {index}\",\"city\":\"Kyiv\"}}");
        let auction = format!("{{\"id\":{index},\"seller\":{},\"category\":\"{status}\"}}", index * 3);
        let bid = format!(
            "{{\"auction\":{index},\"bidder\":{},\"price\":{},\"channel\":\"{status}\"}}",
            index * 5,
            index * 91
        );
        // One in fifty is a person, three are auctions, and the rest are bids.
        match index % 50 {
            0 => format!("{{\"kind\":0,\"person\":{person},\"auction\":null,\"bid\":null}}"),
            1..=3 => format!("{{\"kind\":1,\"person\":null,\"auction\":{auction},\"bid\":null}}"),
            _ => format!("{{\"kind\":2,\"person\":null,\"auction\":null,\"bid\":{bid}}}"),
        }
    })
}

pub fn csv() -> Vec<u8> {
    lines(|index, status, temperature, time| {
        format!("{},{temperature},{status},2021-05-21 10:00:{}", index * 7_919 % 1_000, seconds(time))
    })
}

fn lines(line: impl Fn(usize, &str, &str, u64) -> String) -> Vec<u8> {
    records()
        .flat_map(|(index, status, temperature, time)| (line(index, status, &temperature, time) + "\n").into_bytes())
        .collect()
}

fn seconds(micros: u64) -> String {
    format!("{:02}.{:06}", micros / 1_000_000, micros % 1_000_000)
}
