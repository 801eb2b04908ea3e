//! Where the reading of a shard goes on, and the words for it in a checkpoint.
//!
//! `after=SEQUENCE` names the last record that was handed over. Records that a producer packed into one are handed over
//! together, so that no position lies inside of one. `began=SEQUENCE` is where the shard itself begins, by which a
//! stream that was deleted and made anew is told from the one that was read: the ids of their shards are the same.
//! `until` is a time before which everything in the shard was read, or not asked for, and says whether what has left the
//! stream since was read.

use crate::config::Position;
use sqlc_runtime::value::Timestamp;
use std::cmp::Ordering;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// No record has been read yet.
    Start(Position),
    After {
        sequence: String,
        /// When that record came into the stream.
        arrival: Timestamp,
    },
    /// The shard is closed and read to its end.
    Finished,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ShardState {
    pub place: Place,
    /// The sequence number with which the shard begins.
    pub began: Option<String>,
    pub until: Timestamp,
}

impl ShardState {
    pub fn is_finished(&self) -> bool {
        self.place == Place::Finished
    }

    /// Takes in what somebody else says of the same shard: who has read more is right.
    pub fn merge(&mut self, other: ShardState) {
        let began = self.began.take().or_else(|| other.began.clone());
        match other.progress().cmp(&self.progress()) {
            Ordering::Less => {}
            Ordering::Equal => self.until = self.until.max(other.until),
            Ordering::Greater => *self = other,
        }
        self.began = began;
    }

    /// Orders positions: sequence numbers are decimal numbers of any length.
    fn progress(&self) -> (u8, usize, &str) {
        match &self.place {
            Place::Start(_) => (0, 0, ""),
            Place::After { sequence, .. } => (1, sequence.len(), sequence),
            Place::Finished => (2, 0, ""),
        }
    }

    /// The words of the checkpoint. `opened` is the moment that LATEST means.
    pub fn write(&self, opened: Timestamp) -> String {
        let mut text = match &self.place {
            Place::Start(Position::TrimHorizon) => "horizon".to_owned(),
            Place::Start(Position::Latest) => format!("at={}", opened.millis()),
            Place::Start(Position::AtTimestamp(time)) => format!("at={}", time.millis()),
            Place::After { sequence, arrival } => format!("after={sequence} arrival={}", arrival.millis()),
            Place::Finished => "finished".to_owned(),
        };
        if let Some(began) = &self.began {
            text.push_str(" began=");
            text.push_str(began);
        }
        if !self.is_finished() {
            text.push_str(" until=");
            text.push_str(&self.until.millis().to_string());
        }
        text
    }

    /// Reads the words of a checkpoint.
    pub fn read(text: &str) -> Option<ShardState> {
        let mut words = text.split(' ');
        let first = words.next()?;
        let (mut began, mut until, mut arrival) = (None, None, None);
        let time = |text: &str| text.parse().ok().map(Timestamp::from_millis);
        for word in words {
            match word.split_once('=')? {
                ("began", sequence) => began = Some(is_number(sequence)?.to_owned()),
                ("until", millis) => until = Some(time(millis)?),
                ("arrival", millis) => arrival = Some(time(millis)?),
                _ => return None,
            }
        }
        let place = match first.split_once('=') {
            None if first == "horizon" => Place::Start(Position::TrimHorizon),
            None if first == "finished" => Place::Finished,
            Some(("at", millis)) => Place::Start(Position::AtTimestamp(time(millis)?)),
            Some(("after", sequence)) => Place::After { sequence: is_number(sequence)?.to_owned(), arrival: arrival? },
            _ => return None,
        };
        let until = if place == Place::Finished { Timestamp::MIN } else { until? };
        Some(ShardState { place, began, until })
    }
}

fn is_number(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn what_is_written_is_read_again() {
        for text in [
            "horizon until=1606132345000",
            "at=1606132345000 began=495903382714 until=1606132345000",
            "after=495903382715 arrival=1606132346001 began=495903382714 until=1606132347002",
            "finished began=495903382714",
            "finished",
        ] {
            assert_eq!(ShardState::read(text).unwrap().write(at(5)), text);
        }
        let latest = ShardState { place: Place::Start(Position::Latest), began: None, until: at(7) };
        assert_eq!(latest.write(at(5)), "at=5 until=7");
        for wrong in
            ["", "horizon", "after=x arrival=1 until=1", "after=5 until=1", "latest", "at=1 until=1 more", "x=1"]
        {
            assert_eq!(ShardState::read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn who_has_read_more_is_right() {
        let ordered = ["at=9 until=9", "after=99 arrival=1 until=5", "after=100 arrival=1 until=4", "finished"];
        for (index, text) in ordered.iter().enumerate() {
            for (other_index, other) in ordered.iter().enumerate() {
                let mut state = ShardState::read(text).unwrap();
                state.merge(ShardState::read(other).unwrap());
                let expected = ShardState::read(ordered[index.max(other_index)]).unwrap();
                assert_eq!(state.place, expected.place, "{text} and {other}");
            }
        }
        let merged = |one: &str, other: &str| {
            let mut state = ShardState::read(one).unwrap();
            state.merge(ShardState::read(other).unwrap());
            state.until
        };
        assert_eq!(merged("after=99 arrival=1 until=5", "after=99 arrival=1 until=6"), at(6));
        assert_eq!(merged("after=99 arrival=1 until=5", "at=1 until=6"), at(5), "who has not begun knows nothing");
        assert_eq!(merged("at=1 until=6", "after=99 arrival=1 until=5"), at(5));
    }
}
