//! Three-valued logic, and comparisons that see NULL. `None` is UNKNOWN.

/// FALSE wins over NULL.
#[inline]
pub fn and(left: Option<bool>, right: Option<bool>) -> Option<bool> {
    match (left, right) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

/// TRUE wins over NULL.
#[inline]
pub fn or(left: Option<bool>, right: Option<bool>) -> Option<bool> {
    match (left, right) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}

#[inline]
pub fn not(value: Option<bool>) -> Option<bool> {
    value.map(|value| !value)
}

/// IS TRUE, and what WHERE and FILTER let through.
#[inline]
pub fn is_true(value: Option<bool>) -> bool {
    value == Some(true)
}

/// IS FALSE.
#[inline]
pub fn is_false(value: Option<bool>) -> bool {
    value == Some(false)
}

/// IS UNKNOWN.
#[inline]
pub fn is_unknown(value: Option<bool>) -> bool {
    value.is_none()
}

/// IS DISTINCT FROM: NULL equals NULL, and nothing else.
#[inline]
pub fn is_distinct<T: PartialEq>(left: Option<T>, right: Option<T>) -> bool {
    left != right
}

/// IS NOT DISTINCT FROM.
#[inline]
pub fn is_not_distinct<T: PartialEq>(left: Option<T>, right: Option<T>) -> bool {
    left == right
}

/// `value IN (items)`: NULL if there is no match but a NULL among the items.
#[inline]
pub fn is_in<T: PartialEq>(value: Option<T>, items: &[Option<T>]) -> Option<bool> {
    let value = value?;
    let mut unknown = false;
    for item in items {
        match item {
            Some(item) if *item == value => return Some(true),
            Some(_) => {}
            None => unknown = true,
        }
    }
    if unknown { None } else { Some(false) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_is_neither_true_nor_false() {
        assert_eq!(and(Some(true), None), None);
        assert_eq!(and(None, Some(false)), Some(false));
        assert_eq!(or(Some(true), None), Some(true));
        assert_eq!(or(None, Some(false)), None);
        assert_eq!(not(None), None);
        assert!(!is_true(None) && !is_false(None) && is_unknown(None));
    }

    #[test]
    fn null_is_not_distinct_from_null() {
        assert!(is_distinct(None, Some(5)));
        assert!(is_not_distinct::<i32>(None, None));
        assert!(is_distinct(Some(4), Some(5)));
    }

    #[test]
    fn in_is_unknown_if_a_null_might_match() {
        assert_eq!(is_in(Some(5), &[Some(1), None]), None);
        assert_eq!(is_in(Some(5), &[Some(5), None]), Some(true));
        assert_eq!(is_in(Some(5), &[Some(1)]), Some(false));
        assert_eq!(is_in(None, &[Some(1)]), None);
    }
}
