//! MIN and MAX over updating input, where the extreme can be taken back.

use super::{Accumulator, Value};
use crate::row::Codec;

/// Values with how often they are there, ascending, in runs of at most [`RUN`] so that adding one moves few.
#[derive(Clone, Debug)]
struct Multiset<T>(Vec<Vec<(T, i64)>>);

const RUN: usize = 64;

impl<T: Value> Multiset<T> {
    /// Changes how often a value is there. A value taken back before it came is remembered, as in Flink.
    fn change(&mut self, value: T::Borrowed<'_>, by: i64) {
        let before = |run: &Vec<(T, i64)>| run.last().is_some_and(|(last, _)| T::compare(last.borrow(), value).is_lt());
        let place = self.0.partition_point(before).min(self.0.len().saturating_sub(1));
        let Some(run) = self.0.get_mut(place) else {
            self.0.push(vec![(T::own(value), by)]);
            return;
        };
        match run.binary_search_by(|(other, _)| T::compare(other.borrow(), value)) {
            Ok(found) => {
                run[found].1 += by;
                if run[found].1 == 0 {
                    run.remove(found);
                }
                if run.is_empty() {
                    self.0.remove(place);
                }
            }
            Err(missing) => {
                run.insert(missing, (T::own(value), by));
                if run.len() > RUN {
                    let upper = run.split_off(RUN / 2);
                    self.0.insert(place + 1, upper);
                }
            }
        }
    }

    fn iter(&self) -> impl DoubleEndedIterator<Item = &(T, i64)> {
        self.0.iter().flatten()
    }
}

/// The runs as they are.
impl<T: Value> Codec<'_> for Multiset<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn decode(bytes: &mut &[u8]) -> Self {
        Multiset(Codec::decode(bytes))
    }
}

macro_rules! retractable {
    ($name:ident, $sql:literal, $values:ident => $first:expr) => {
        #[doc = concat!("`", $sql, "(x)` over updating input: NULL without values. Keeps every distinct value.")]
        #[derive(Clone, Debug)]
        pub struct $name<T>(Multiset<T>);

        impl<T> Default for $name<T> {
            fn default() -> Self {
                $name(Multiset(Vec::new()))
            }
        }

        impl<T: Value> $name<T> {
            pub fn add<'a>(&mut self, value: impl Into<Option<T::Borrowed<'a>>>) {
                if let Some(value) = value.into() {
                    self.0.change(value, 1);
                }
            }

            pub fn subtract<'a>(&mut self, value: impl Into<Option<T::Borrowed<'a>>>) {
                if let Some(value) = value.into() {
                    self.0.change(value, -1);
                }
            }

            pub fn merge(&mut self, other: &Self) {
                for (value, count) in other.0.iter() {
                    self.0.change(value.borrow(), *count);
                }
            }

            pub fn value(&self) -> Option<T::Borrowed<'_>> {
                let mut $values = self.0.iter().filter(|(_, count)| *count > 0);
                $first.map(|(value, _)| value.borrow())
            }
        }

        impl<T: Value> Accumulator<T> for $name<T> {
            fn add(&mut self, value: Option<<T as Value>::Borrowed<'_>>) {
                $name::add(self, value);
            }
            fn subtract(&mut self, value: Option<<T as Value>::Borrowed<'_>>) {
                $name::subtract(self, value);
            }
            fn merge(&mut self, other: &Self) {
                $name::merge(self, other);
            }
        }

        impl<T: Value> Codec<'_> for $name<T> {
            fn encode(&self, out: &mut Vec<u8>) {
                self.0.encode(out);
            }
            fn decode(bytes: &mut &[u8]) -> Self {
                $name(Codec::decode(bytes))
            }
        }
    };
}
retractable!(RetractableMin, "MIN", values => values.next());
retractable!(RetractableMax, "MAX", values => values.next_back());
