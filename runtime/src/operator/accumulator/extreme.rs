//! MIN and MAX over input that only grows.

use super::{Accumulator, Value};
use crate::row::Codec;

macro_rules! extreme {
    ($name:ident, $sql:literal, ($a:ident, $b:ident) => $better:expr) => {
        #[doc = concat!("`", $sql, "(x)`: NULL without values. Of equal values the first is kept; a text is copied when it")]
        /// replaces another.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name<T>(Option<T>);

        impl<T> Default for $name<T> {
            fn default() -> Self {
                $name(None)
            }
        }

        impl<T: Value> $name<T> {
            #[inline]
            pub fn add<'a>(&mut self, value: impl Into<Option<T::Borrowed<'a>>>) {
                if let Some($a) = value.into() {
                    let better = match &self.0 {
                        Some(kept) => {
                            let $b = kept.borrow();
                            $better
                        }
                        None => true,
                    };
                    if better {
                        self.0 = Some(T::own($a));
                    }
                }
            }

            #[inline]
            pub fn merge(&mut self, other: &Self) {
                self.add(other.value());
            }

            #[inline]
            pub fn value(&self) -> Option<T::Borrowed<'_>> {
                self.0.as_ref().map(T::borrow)
            }
        }

        impl<T: Value> Accumulator<T> for $name<T> {
            #[inline]
            fn add(&mut self, value: Option<<T as Value>::Borrowed<'_>>) {
                $name::add(self, value);
            }
            #[inline]
            fn subtract(&mut self, _: Option<<T as Value>::Borrowed<'_>>) {}
            #[inline]
            fn merge(&mut self, other: &Self) {
                $name::merge(self, other);
            }
        }

        impl<T: Value> Codec<'_> for $name<T> {
            #[inline]
            fn encode(&self, out: &mut Vec<u8>) {
                self.0.encode(out);
            }
            #[inline]
            fn decode(bytes: &mut &[u8]) -> Self {
                $name(Codec::decode(bytes))
            }
        }
    };
}
extreme!(Min, "MIN", (value, kept) => T::less(value, kept));
extreme!(Max, "MAX", (value, kept) => T::less(kept, value));
