//! FLOAT and DOUBLE columns as keys.

use crate::row::Codec;

macro_rules! float_key {
    ($name:ident, $sql:literal, $type:ty, $bits:ty) => {
        #[doc = concat!("A ", $sql, " in a key: every NaN is the same, and -0.0 is not 0.0, as in Flink's GROUP BY.")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $name($bits);

        impl From<$type> for $name {
            #[inline]
            fn from(value: $type) -> Self {
                $name(if value.is_nan() { <$type>::NAN.to_bits() } else { value.to_bits() })
            }
        }

        impl $name {
            #[inline]
            pub fn value(self) -> $type {
                <$type>::from_bits(self.0)
            }
        }

        impl Codec<'_> for $name {
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
float_key!(FloatKey, "FLOAT", f32, u32);
float_key!(DoubleKey, "DOUBLE", f64, u64);
