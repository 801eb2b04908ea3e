//! Functions of dates, times, timestamps and intervals. CEIL and FLOOR stand with the numbers.

use super::Parameter::{Any, BigInt, ClockUnit, Date, DateUnit, Double, Int, Text, Timestamp, Unit};
use super::{Extra, Function, Parameter, ResultType as To, call};
use crate::types::{Family, Kind, Type};

const TIME: Parameter = Any(&[Family::Time]);
const INSTANT: Parameter = Any(&[Family::TimestampLtz]);
const LOCAL: Parameter = Any(&[Family::Timestamp]);

/// TO_TIMESTAMP_LTZ(number, precision): three digits, or what the literal says if that is more.
fn instant(_: &[Type], literals: &[Option<i64>]) -> Kind {
    let precision = match literals {
        [_, Some(precision @ 4..=6)] => *precision as u8,
        _ => 3,
    };
    Kind::TimestampLtz(precision)
}

/// YEAR(x) and its like: EXTRACT of a fixed unit.
macro_rules! extract {
    ($name:literal, $unit:literal) => {
        Function {
            names: &[$name],
            usage: concat!($name, "(time)"),
            overloads: &[
                call("time::extract", &[LOCAL], To::BigInt).before(&[Extra::Unit($unit)]),
                call("time::extract_instant", &[INSTANT], To::BigInt).before(&[Extra::Zone, Extra::Unit($unit)]),
                call("time::extract_date", &[Date], To::BigInt).before(&[Extra::Unit($unit)]),
                call("time::extract_time", &[TIME], To::BigInt).before(&[Extra::Unit($unit)]),
            ],
        }
    };
}

pub const FUNCTIONS: &[Function] = &[
    Function {
        names: &["EXTRACT"],
        usage: "EXTRACT(unit FROM time)",
        overloads: &[
            call("time::extract", &[Unit, LOCAL], To::BigInt),
            call("time::extract_instant", &[Unit, INSTANT], To::BigInt).before(&[Extra::Zone]),
            call("time::extract_date", &[Unit, Date], To::BigInt),
            call("time::extract_time", &[Unit, TIME], To::BigInt),
            call("time::extract_millis", &[Unit, Any(&[Family::DayTimeInterval])], To::BigInt),
            call("time::extract_months", &[Unit, Any(&[Family::YearMonthInterval])], To::BigInt),
        ],
    },
    extract!("YEAR", "YEAR"),
    extract!("QUARTER", "QUARTER"),
    extract!("MONTH", "MONTH"),
    extract!("WEEK", "WEEK"),
    extract!("DAYOFYEAR", "DOY"),
    extract!("DAYOFMONTH", "DAY"),
    extract!("DAYOFWEEK", "DOW"),
    extract!("HOUR", "HOUR"),
    extract!("MINUTE", "MINUTE"),
    extract!("SECOND", "SECOND"),
    Function {
        names: &["TIMESTAMPADD"],
        usage: "TIMESTAMPADD(unit, count, time)",
        overloads: &[
            call("time::add", &[Unit, BigInt, Any(&[Family::Timestamp, Family::TimestampLtz])], To::Argument(2)),
            call("time::add_date", &[DateUnit, BigInt, Date], To::Date),
            call("time::add_time_to_date", &[ClockUnit, BigInt, Date], To::Timestamp(6)),
            call("time::add_time", &[Unit, BigInt, TIME], To::Argument(2)),
        ],
    },
    Function {
        names: &["TIMESTAMPDIFF"],
        usage: "TIMESTAMPDIFF(unit, from, to)",
        overloads: &[
            call("time::diff_date", &[Unit, Date, Date], To::Int),
            call("time::diff_time", &[Unit, TIME, TIME], To::Int),
            call("time::diff", &[Unit, INSTANT, INSTANT], To::Int),
            call("time::diff", &[Unit, Timestamp, Timestamp], To::Int),
        ],
    },
    Function {
        names: &["DATE_FORMAT"],
        usage: "DATE_FORMAT(timestamp, pattern)",
        overloads: &[
            call("pattern::date_format_instant", &[INSTANT, Text], To::Text)
                .before(&[Extra::Arena, Extra::Zone])
                .fails(),
            call("pattern::date_format", &[LOCAL, Text], To::Text).arena().fails(),
            call("pattern::date_format_text", &[Text, Text], To::Text).arena().fails().optional(),
        ],
    },
    Function {
        names: &["TO_TIMESTAMP"],
        usage: "TO_TIMESTAMP(text [, pattern])",
        overloads: &[
            call("pattern::to_timestamp", &[Text], To::Timestamp(3)).optional(),
            call("pattern::to_timestamp_pattern", &[Text, Text], To::Timestamp(3)).optional(),
        ],
    },
    Function {
        names: &["TO_DATE"],
        usage: "TO_DATE(text [, pattern])",
        overloads: &[
            call("pattern::to_date", &[Text], To::Date).optional(),
            call("pattern::to_date_pattern", &[Text, Text], To::Date).fails(),
        ],
    },
    Function {
        names: &["TO_TIMESTAMP_LTZ"],
        usage: "TO_TIMESTAMP_LTZ(number [, precision]) or TO_TIMESTAMP_LTZ(text [, pattern [, zone]])",
        overloads: &[
            call("pattern::to_timestamp_ltz_millis", &[BigInt], To::TimestampLtz(3)),
            call("pattern::to_timestamp_ltz", &[BigInt, Int], To::Literals(instant)).fails(),
            call("pattern::to_timestamp_ltz_double", &[Double, Int], To::Literals(instant)).fails(),
            call("pattern::to_timestamp_ltz_text", &[Text], To::TimestampLtz(3)).fails(),
            call("pattern::to_timestamp_ltz_pattern", &[Text, Text], To::TimestampLtz(3)).fails(),
            call("pattern::to_timestamp_ltz_zone", &[Text, Text, Text], To::TimestampLtz(3)).fails(),
        ],
    },
    Function {
        names: &["FROM_UNIXTIME"],
        usage: "FROM_UNIXTIME(seconds [, pattern])",
        overloads: &[
            call("pattern::from_unixtime", &[BigInt], To::Text).before(&[Extra::Arena, Extra::Zone]),
            call("pattern::from_unixtime_pattern", &[BigInt, Text], To::Text)
                .before(&[Extra::Arena, Extra::Zone])
                .fails(),
        ],
    },
    Function {
        names: &["UNIX_TIMESTAMP"],
        usage: "UNIX_TIMESTAMP([text [, pattern]])",
        overloads: &[
            call("time::unix_timestamp", &[], To::BigInt).before(&[Extra::Now]),
            call("pattern::unix_timestamp_of", &[Text], To::BigInt).before(&[Extra::Zone]).fails(),
            call("pattern::unix_timestamp_pattern", &[Text, Text], To::BigInt).before(&[Extra::Zone]).fails(),
        ],
    },
    Function {
        names: &["CONVERT_TZ"],
        usage: "CONVERT_TZ(text, from zone, to zone)",
        overloads: &[call("pattern::convert_tz", &[Text, Text, Text], To::Text).arena().fails().optional()],
    },
    Function {
        names: &["CURRENT_DATE"],
        usage: "CURRENT_DATE",
        overloads: &[call("time::current_date", &[], To::Date).before(&[Extra::Zone, Extra::Now])],
    },
    Function {
        names: &["CURRENT_TIME", "LOCALTIME"],
        usage: "CURRENT_TIME",
        overloads: &[call("time::current_time", &[], To::Time(0)).before(&[Extra::Zone, Extra::Now])],
    },
    Function {
        names: &["CURRENT_TIMESTAMP", "NOW", "CURRENT_ROW_TIMESTAMP"],
        usage: "CURRENT_TIMESTAMP",
        overloads: &[call("time::current_timestamp", &[], To::TimestampLtz(3)).before(&[Extra::Now])],
    },
    Function {
        names: &["LOCALTIMESTAMP"],
        usage: "LOCALTIMESTAMP",
        overloads: &[call("time::local_timestamp", &[], To::Timestamp(3)).before(&[Extra::Zone, Extra::Now])],
    },
];
