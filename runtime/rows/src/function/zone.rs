//! Time zones.

use crate::value::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

/// A time zone of the session or of an argument, by which local times and instants become each other.
#[derive(Clone, Debug)]
pub struct Zone(Rules);

#[derive(Clone, Debug)]
enum Rules {
    /// Microseconds east of Greenwich.
    Fixed(i64),
    /// With changes.
    Named(TimeZone),
}

impl Zone {
    pub const UTC: Zone = Zone(Rules::Fixed(0));

    /// Reads a name (`Europe/Berlin`), `UTC`, `Z`, or an offset (`+02:00`, `GMT+2`, `UTC-08:00`).
    pub fn parse(name: &str) -> Option<Zone> {
        let offset = ["UTC", "GMT", "UT"].iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name);
        if offset.is_empty() || offset == "Z" {
            return (!name.is_empty()).then_some(Zone::UTC);
        }
        if offset.starts_with(['+', '-']) {
            return offset_seconds(offset).map(|seconds| Zone(Rules::Fixed(seconds * 1_000_000)));
        }
        TimeZone::get(name).ok().map(Zone::of)
    }

    /// As Java's `TimeZone` reads names: UTC if it does not know one. It knows offsets behind `GMT` only, and a few
    /// names of three letters.
    pub fn java(name: &str) -> Zone {
        const SHORT: [(&str, &str); 18] = [
            ("ACT", "Australia/Darwin"),
            ("AET", "Australia/Sydney"),
            ("AGT", "America/Argentina/Buenos_Aires"),
            ("ART", "Africa/Cairo"),
            ("AST", "America/Anchorage"),
            ("BET", "America/Sao_Paulo"),
            ("BST", "Asia/Dhaka"),
            ("CAT", "Africa/Harare"),
            ("CST", "America/Chicago"),
            ("CTT", "Asia/Shanghai"),
            ("EAT", "Africa/Addis_Ababa"),
            ("ECT", "Europe/Paris"),
            ("IST", "Asia/Kolkata"),
            ("JST", "Asia/Tokyo"),
            ("NST", "Pacific/Auckland"),
            ("PST", "America/Los_Angeles"),
            ("SST", "Pacific/Guadalcanal"),
            ("VST", "Asia/Ho_Chi_Minh"),
        ];
        let name = SHORT.iter().find(|(short, _)| *short == name).map_or(name, |(_, long)| long);
        let is_offset = name.contains(['+', '-']) && !name.contains('/');
        if is_offset && !name.starts_with("GMT") { Zone::UTC } else { Zone::parse(name).unwrap_or(Zone::UTC) }
    }

    /// The zone of the process, which Flink takes for the session's unless `table.local-time-zone` says
    /// otherwise.
    pub fn system() -> Zone {
        // Most servers keep UTC. To find out anything else the time library reads the names of all zones there are, which
        // takes a third of the time in which an application starts.
        if keeps_utc() { Zone::UTC } else { Zone::of(TimeZone::system()) }
    }

    /// The zone as the time library knows it.
    pub fn time_zone(&self) -> TimeZone {
        match &self.0 {
            Rules::Fixed(offset) => {
                let seconds = i32::try_from(offset / 1_000_000).unwrap_or(0);
                TimeZone::fixed(Offset::from_seconds(seconds).unwrap_or(Offset::UTC))
            }
            Rules::Named(zone) => zone.clone(),
        }
    }

    fn of(zone: TimeZone) -> Zone {
        match zone.to_fixed_offset() {
            Ok(offset) => Zone(Rules::Fixed(micros(offset))),
            Err(_) => Zone(Rules::Named(zone)),
        }
    }

    /// What a clock on the wall shows at an instant.
    #[inline]
    pub fn to_local(&self, instant: Timestamp) -> Timestamp {
        match &self.0 {
            Rules::Fixed(offset) => Timestamp(instant.0.saturating_add(*offset)),
            Rules::Named(zone) => match jiff::Timestamp::from_microsecond(instant.0) {
                Ok(at) => Timestamp(instant.0 + micros(zone.to_offset(at))),
                Err(_) => instant,
            },
        }
    }

    /// The instant of a local time. Skipped times move on by the gap; of two the earlier is taken.
    #[inline]
    pub fn to_instant(&self, local: Timestamp) -> Timestamp {
        match &self.0 {
            Rules::Fixed(offset) => Timestamp(local.0.saturating_sub(*offset)),
            Rules::Named(zone) => {
                let at = datetime(local).and_then(|at| zone.to_ambiguous_timestamp(at).compatible().ok());
                at.map_or(local, |at| Timestamp(at.as_microsecond()))
            }
        }
    }

    /// As [`to_instant`](Zone::to_instant), but of two instants the later, as Java's older calendar takes it.
    pub(super) fn to_later_instant(&self, local: Timestamp) -> Timestamp {
        match &self.0 {
            Rules::Fixed(_) => self.to_instant(local),
            Rules::Named(zone) => {
                let Some(at) = datetime(local) else { return local };
                let ambiguous = zone.to_ambiguous_timestamp(at);
                let at = match ambiguous.offset() {
                    jiff::tz::AmbiguousOffset::Fold { .. } => ambiguous.later(),
                    _ => ambiguous.compatible(),
                };
                at.map_or(local, |at| Timestamp(at.as_microsecond()))
            }
        }
    }
}

fn micros(offset: Offset) -> i64 {
    i64::from(offset.seconds()) * 1_000_000
}

fn datetime(local: Timestamp) -> Option<DateTime> {
    // The local time, read as if it were one in UTC.
    let at = jiff::Timestamp::from_microsecond(local.0).ok()?;
    Some(Offset::UTC.to_datetime(at))
}

/// Whether `TZ`, or where it says nothing `/etc/localtime`, names UTC.
fn keeps_utc() -> bool {
    match std::env::var_os("TZ") {
        Some(name) => name == "UTC" || name == "Etc/UTC",
        None => std::fs::read_link("/etc/localtime")
            .is_ok_and(|zone| zone.ends_with("zoneinfo/Etc/UTC") || zone.ends_with("zoneinfo/UTC")),
    }
}

/// `+2`, `+02`, `-0830`, `+02:00`, `+02:00:30`.
pub(super) fn offset_seconds(text: &str) -> Option<i64> {
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let digits = text.strip_prefix(['+', '-'])?;
    let mut parts = digits.splitn(3, ':');
    let first = parts.next()?;
    let (hours, mut minutes) = if first.len() > 2 { first.split_at(first.len() - 2) } else { (first, "0") };
    if let Some(part) = parts.next() {
        if first.len() > 2 {
            return None;
        }
        minutes = part;
    }
    let seconds = parts.next().unwrap_or("0");
    let number =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<i64>().ok()).flatten();
    let (hours, minutes, seconds) = (number(hours)?, number(minutes)?, number(seconds)?);
    (hours <= 18 && minutes < 60 && seconds < 60).then_some(sign * (hours * 3_600 + minutes * 60 + seconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::iso;

    fn at(text: &str) -> Timestamp {
        iso::parse_timestamp(text, 6).unwrap()
    }

    #[test]
    fn the_zone_of_the_process_is_the_one_that_the_library_finds() {
        let (ours, library) = (Zone::system(), Zone::of(TimeZone::system()));
        for day in (-20_000..20_000).step_by(17) {
            let instant = Timestamp(day * 86_400_000_000);
            assert_eq!(ours.to_local(instant), library.to_local(instant));
        }
    }

    #[test]
    fn names_and_offsets() {
        let offset = |name: &str| Zone::parse(name).map(|zone| zone.to_local(Timestamp(0)).0 / 1_000_000);
        assert_eq!(offset("UTC"), Some(0));
        assert_eq!(offset("GMT+2"), Some(7_200));
        assert_eq!(offset("GMT-08:00"), Some(-28_800));
        assert_eq!(offset("+0530"), Some(19_800));
        assert_eq!(offset("Asia/Tokyo"), Some(32_400));
        assert_eq!(offset("Nowhere"), None);
        assert_eq!(offset("+25:00"), None);
        assert_eq!(offset(""), None);
    }

    #[test]
    fn local_times_around_a_change() {
        let zone = Zone::parse("America/New_York").unwrap();
        assert_eq!(zone.to_instant(at("2024-02-29 12:34:56")), at("2024-02-29 17:34:56"));
        assert_eq!(zone.to_local(at("2024-02-29 17:34:56")), at("2024-02-29 12:34:56"));
        assert_eq!(zone.to_instant(at("2024-03-10 02:30:00")), at("2024-03-10 07:30:00"));
        assert_eq!(zone.to_instant(at("2024-11-03 01:30:00")), at("2024-11-03 05:30:00"));
        assert_eq!(zone.to_later_instant(at("2024-11-03 01:30:00")), at("2024-11-03 06:30:00"));
    }
}
