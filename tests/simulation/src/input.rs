//! The events that applications read: in order of time but for a little, with pauses that end sessions, and now and then
//! with something that is no event.

use super::chance::Chance;

/// What happens before this much time has passed may be in any order: less than the watermark's delay.
const DISORDER: u64 = 1_500;
/// Of the first event, in milliseconds since 1970.
const BEGIN: i64 = 1_704_067_200_000;

/// Batches of events as lines of JSON, each behind the one before in time. The last event is far behind all others, so that every window
/// is over.
pub fn batches(chance: &Chance, batches: u64, largest: u64) -> Vec<Vec<String>> {
    let devices = chance.between(1, 12);
    let pace = chance.between(1, 400);
    let (mut millis, mut id) = (0, 0);
    let mut event = |millis: u64, is_odd: bool| {
        id += 1;
        let device = format!("device-{}", chance.below(devices));
        let kind = ["on", "off", "error"][usize::try_from(chance.below(3)).unwrap_or(0)];
        let amount = format!("{}.{:02}", chance.below(100_000), chance.below(100));
        let time = shown(BEGIN + i64::try_from(millis).unwrap_or(0));
        match is_odd {
            true => format!(r#"{{"id":{id},"device":"#),
            false => {
                format!(r#"{{"id":{id},"device":"{device}","kind":"{kind}","amount":{amount},"event_time":"{time}"}}"#)
            }
        }
    };
    let mut all = Vec::new();
    for _ in 0..batches {
        let count = chance.between(1, largest);
        let one = (0..count).map(|_| {
            millis += chance.below(2 * pace) + if chance.one_in(40) { chance.below(8_000) } else { 0 };
            event(millis + DISORDER - chance.below(DISORDER), chance.one_in(60))
        });
        all.push(one.collect());
    }
    all.push(vec![event(millis + 24 * 3_600_000, false)]);
    all
}

/// A time as JSON has it. What prints it leaves seconds out that are none.
fn shown(millis: i64) -> String {
    let time = sqlc_runtime::value::Timestamp::from_millis(millis);
    let text = sqlc_runtime::value::print::timestamp(time).as_str().replace('T', " ");
    if text.len() == "2024-01-01 00:00".len() { text + ":00" } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_seconds() {
        assert_eq!(shown(BEGIN), "2024-01-01 00:00:00");
        assert_eq!(shown(BEGIN + 1_500), "2024-01-01 00:00:01.500");
    }
}
