//! The name that the user may have meant.

/// The candidate nearest to `word`, if it is near enough to be worth a suggestion: the same but for case first, then
/// by the number of letters to insert, delete, change or swap (at most a third of the word's length).
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = word.to_lowercase();
    let limit = (folded.chars().count() / 3).clamp(1, 4);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        if candidate == word {
            continue;
        }
        let distance = strsim::damerau_levenshtein(&folded, &candidate.to_lowercase());
        let is_all_new = distance >= candidate.chars().count().max(1);
        if distance <= limit && !is_all_new && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// [`nearest`] as an owned name.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, candidates).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_what_is_near() {
        let columns = ["sensor_id", "status", "event_time"];
        assert_eq!(nearest("stauts", columns), Some("status"));
        assert_eq!(nearest("STATUS", columns), Some("status"));
        assert_eq!(nearest("sensorid", columns), Some("sensor_id"));
        assert_eq!(nearest("evnt_tme", columns), Some("event_time"));
    }

    #[test]
    fn keeps_silent_when_nothing_is() {
        assert_eq!(nearest("price", ["sensor_id", "status"]), None);
        assert_eq!(nearest("a", ["b", "c"]), None);
        assert_eq!(nearest("status", ["status"]), None);
        assert_eq!(nearest("", ["x"]), None);
    }
}
