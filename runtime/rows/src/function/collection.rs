//! Reading ARRAY and MAP values.

/// `array[index]`, from 1: NULL outside.
#[inline]
pub fn array_get<T: Copy>(array: &[Option<T>], index: impl Into<i64>) -> Option<T> {
    let index = usize::try_from(index.into()).ok()?.checked_sub(1)?;
    array.get(index).copied().flatten()
}

/// `map[key]`: NULL without the key.
#[inline]
pub fn map_get<K: PartialEq + Copy, V: Copy>(map: &[(K, Option<V>)], key: K) -> Option<V> {
    map.iter().rev().find(|(known, _)| *known == key)?.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_and_entries() {
        let array = [Some(1), None, Some(3)];
        assert_eq!(array_get(&array, 3), Some(3));
        assert_eq!(array_get(&array, 2), None);
        assert_eq!(array_get(&array, 4), None);
        assert_eq!(array_get(&array, 0), None);
        let map = [("a", Some(1)), ("b", None)];
        assert_eq!(map_get(&map, "a"), Some(1));
        assert_eq!(map_get(&map, "b"), None);
        assert_eq!(map_get(&map, "c"), None);
    }
}
