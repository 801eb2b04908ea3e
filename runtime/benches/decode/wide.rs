//! Records of fifty members, of which a query reads three or all.

use super::noise;
use serde::Deserialize;
use sqlc_runtime::format::json;
use sqlc_runtime::row::TableRow;
use sqlc_runtime::value::Timestamp;

/// The three members that are read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Three<'a> {
    m07: Option<&'a str>,
    m21: Option<f64>,
    m44: Option<Timestamp>,
}

impl TableRow<'_> for Three<'_> {}

impl<'a> json::Object<'a> for Three<'a> {
    const COLUMNS: &'static [&'static str] = &["m07", "m21", "m44"];

    #[inline(always)]
    fn read(&mut self, column: usize, value: &mut json::Value<'_, 'a>) -> Result<(), json::FieldError> {
        match column {
            0 => self.m07 = value.text()?,
            1 => self.m21 = value.double()?,
            _ => self.m44 = value.timestamp_iso(3)?,
        }
        Ok(())
    }
}

#[derive(Debug, Deserialize)]
pub struct ThreePeer<'a> {
    #[serde(borrow)]
    pub m07: Option<&'a str>,
    pub m21: Option<f64>,
    pub m44: Option<&'a str>,
}

/// A row that reads all fifty, and its peer.
macro_rules! fifty {
    ($($place:literal $name:ident: $type:ty = $method:ident($($argument:literal)?), $peer:ty;)*) => {
        #[derive(Clone, Copy, Debug, Default)]
        pub struct Fifty<'a> {
            $($name: Option<$type>,)*
        }

        impl TableRow<'_> for Fifty<'_> {}

        impl<'a> json::Object<'a> for Fifty<'a> {
            const COLUMNS: &'static [&'static str] = &[$(stringify!($name)),*];

            #[inline(always)]
            fn read(&mut self, column: usize, value: &mut json::Value<'_, 'a>) -> Result<(), json::FieldError> {
                match column {
                    $($place => self.$name = value.$method($($argument)?)?,)*
                    _ => {}
                }
                Ok(())
            }
        }

        #[derive(Debug, Deserialize)]
        pub struct FiftyPeer<'a> {
            // Every column that is no text is of a type without a lifetime, so one must be named.
            #[serde(borrow, default)]
            _text: Option<&'a str>,
            $(pub $name: Option<$peer>,)*
        }
    };
}

fifty! {
    0 m00: i64 = bigint(), i64;
    1 m01: f64 = double(), f64;
    2 m02: &'a str = text(), &'a str;
    3 m03: bool = boolean(), bool;
    4 m04: Timestamp = timestamp_iso(3), &'a str;
    5 m05: i64 = bigint(), i64;
    6 m06: f64 = double(), f64;
    7 m07: &'a str = text(), &'a str;
    8 m08: bool = boolean(), bool;
    9 m09: Timestamp = timestamp_iso(3), &'a str;
    10 m10: i64 = bigint(), i64;
    11 m11: f64 = double(), f64;
    12 m12: &'a str = text(), &'a str;
    13 m13: bool = boolean(), bool;
    14 m14: Timestamp = timestamp_iso(3), &'a str;
    15 m15: i64 = bigint(), i64;
    16 m16: f64 = double(), f64;
    17 m17: &'a str = text(), &'a str;
    18 m18: bool = boolean(), bool;
    19 m19: Timestamp = timestamp_iso(3), &'a str;
    20 m20: i64 = bigint(), i64;
    21 m21: f64 = double(), f64;
    22 m22: &'a str = text(), &'a str;
    23 m23: bool = boolean(), bool;
    24 m24: Timestamp = timestamp_iso(3), &'a str;
    25 m25: i64 = bigint(), i64;
    26 m26: f64 = double(), f64;
    27 m27: &'a str = text(), &'a str;
    28 m28: bool = boolean(), bool;
    29 m29: Timestamp = timestamp_iso(3), &'a str;
    30 m30: i64 = bigint(), i64;
    31 m31: f64 = double(), f64;
    32 m32: &'a str = text(), &'a str;
    33 m33: bool = boolean(), bool;
    34 m34: Timestamp = timestamp_iso(3), &'a str;
    35 m35: i64 = bigint(), i64;
    36 m36: f64 = double(), f64;
    37 m37: &'a str = text(), &'a str;
    38 m38: bool = boolean(), bool;
    39 m39: Timestamp = timestamp_iso(3), &'a str;
    40 m40: i64 = bigint(), i64;
    41 m41: f64 = double(), f64;
    42 m42: &'a str = text(), &'a str;
    43 m43: bool = boolean(), bool;
    44 m44: Timestamp = timestamp_iso(3), &'a str;
    45 m45: i64 = bigint(), i64;
    46 m46: f64 = double(), f64;
    47 m47: &'a str = text(), &'a str;
    48 m48: bool = boolean(), bool;
    49 m49: Timestamp = timestamp_iso(3), &'a str;
}

/// The members that are read and those between them: `count` of fifty, evenly spread.
pub fn line(index: u32, wanted: impl Fn(u32) -> bool) -> String {
    let members = (0..50).filter(|member| wanted(*member)).map(|member| {
        let random = noise(index * 50 + member);
        let value = match member % 5 {
            0 => (random % 100_000).to_string(),
            1 => (f64::from(random % 20_000) / 100.0).to_string(),
            2 => format!("\"{}\"", ["OK", "FAILED", "a longer text of a member"][random as usize % 3]),
            3 => random.is_multiple_of(2).to_string(),
            _ => format!("\"2021-05-21T10:21:{:02}.{:03}\"", random % 60, random % 1_000),
        };
        format!("\"m{member:02}\":{value}")
    });
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

/// Whether [`Three`] reads a member.
pub fn is_read(member: u32) -> bool {
    [7, 21, 44].contains(&member)
}
