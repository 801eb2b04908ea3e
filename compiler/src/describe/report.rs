//! What an application remembers, for people: keyed by what, kept how long, and how many bytes that takes.

use crate::Analysis;
use crate::emit::{EmittedJob, emit};
use crate::plan::{Length, WindowShape};
use crate::stream::{Job, OperatorId, StatefulKind, StreamPlan, Target, Time};
use sqlc_runtime::checkpoint::meaning::{Scalar, Shape};
use sqlc_runtime::value::{Decimal, Text};
use std::fmt::Write;

/// Every stateful operator of the application, statement by statement.
pub fn report(analysis: &Analysis, name: &str) -> String {
    let emitted = emit(&analysis.stream, name, &analysis.sources, analysis.notebook.file);
    let mut text = String::new();
    for (job, emitted) in analysis.stream.jobs.iter().zip(&emitted.jobs) {
        let origin = analysis.sources.origin(job.span);
        let break_before = if text.is_empty() { "" } else { "\n" };
        let _ = writeln!(
            text,
            "{break_before}{} (cell {}, line {})",
            target(&analysis.stream, job),
            origin.cell,
            origin.line
        );
        if job.operators.is_empty() {
            text.push_str("  remembers nothing\n");
        }
        for index in 0..job.operators.len() {
            operator(&mut text, job, emitted, OperatorId(index));
        }
    }
    text
}

fn target(plan: &StreamPlan, job: &Job) -> String {
    match &job.target {
        Target::Insert { table, .. } => format!("insert into {}", plan.tables[table.0].name),
        Target::Select { .. } => "select".to_owned(),
    }
}

fn operator(text: &mut String, job: &Job, emitted: &EmittedJob, id: OperatorId) {
    let (operator, emitted) = (job.operator(id), &emitted.operators[id.0]);
    let keys: Vec<String> =
        operator.keys.iter().zip(&emitted.keys).map(|(id, ty)| format!("{} {ty}", job.column(*id).name)).collect();
    let keys = if keys.is_empty() { "nothing: there is one key".to_owned() } else { keys.join(", ") };
    let (per, kept) = match &operator.kind {
        StatefulKind::Window { shape, time, .. } => {
            let passes = match time {
                Time::Event(id) => format!("the watermark of {} passes", job.column(*id).name),
                Time::Processing => "the clock passes".to_owned(),
            };
            (slices(*shape), format!("until {passes} the end of the window"))
        }
        StatefulKind::Group { retention: None, .. } => {
            (String::new(), "for ever; SET 'table.exec.state.ttl' forgets what is untouched for so long".to_owned())
        }
        StatefulKind::Group { retention: Some(millis), .. } => {
            let length = i64::try_from(*millis).unwrap_or(i64::MAX);
            (String::new(), format!("until it is untouched for {}", Length(length)))
        }
    };
    let (key, totals) = (Size::of_all(&emitted.keys), Size::of_all(&emitted.totals));
    let bytes = match per.as_str() {
        "" => format!("{} a key", key.and(totals)),
        per => format!("{key} a key, and {totals} {per}"),
    };
    let _ = writeln!(text, "  {}", emitted.name);
    let _ = writeln!(text, "    keyed by {keys}");
    let _ = writeln!(text, "    kept {kept}");
    let _ = writeln!(text, "    takes {bytes}; finding it takes about 30 more");
}

/// What windows are put together from.
fn slices(shape: WindowShape) -> String {
    match shape {
        WindowShape::Tumble { size, .. } => format!("for each {}", Length(size)),
        WindowShape::Hop { slide, size, .. } => {
            let slice = greatest_common_divisor(slide, size);
            format!("for each {} of {}", Length(slice), Length(size))
        }
        WindowShape::Cumulate { step, size, .. } => format!("for each {} of {}", Length(step), Length(size)),
        WindowShape::Session { .. } => "for each session".to_owned(),
    }
}

fn greatest_common_divisor(one: i64, other: i64) -> i64 {
    if other == 0 { one } else { greatest_common_divisor(other, one % other) }
}

/// The memory that a value takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Size {
    bytes: usize,
    align: usize,
    /// Whether texts may have more behind them.
    has_text: bool,
    /// What every different value takes of those that DISTINCT, MIN or MAX keep; 0 if none are kept.
    each: usize,
}

impl Size {
    /// The fields of a struct, in the types that the state is described by.
    fn of_all(types: &[String]) -> Size {
        let fields = types.iter().filter_map(|ty| Shape::parse(ty));
        fields.map(|shape| Size::of(&shape)).fold(Size::default(), Size::and)
    }

    fn of(shape: &Shape) -> Size {
        match shape {
            Shape::Scalar(scalar) => Size::of_scalar(scalar, false),
            Shape::Nullable(scalar) => Size::of_scalar(scalar, true),
            Shape::Row(fields) => {
                let each = |(name, shape): &(String, Shape)| match (name.as_str(), shape) {
                    // In memory, a sum that has overflowed is none.
                    ("overflowed", _) => Size::default(),
                    ("sum", Shape::Scalar(sum)) if fields[0].0 == "overflowed" => Size::of_scalar(sum, true),
                    _ => Size::of(shape),
                };
                let all = fields.iter().map(each).fold(Size::default(), Size::and);
                Size { bytes: all.whole(), ..all }
            }
            Shape::Array(element) => {
                let element = Size::of(element);
                // Its own list of pointers, length and room.
                Size { bytes: 24, align: 8, has_text: element.has_text, each: element.whole().max(element.each) }
            }
        }
    }

    fn of_scalar(scalar: &Scalar, nullable: bool) -> Size {
        fn of<T>(nullable: bool) -> Size {
            let bytes = if nullable { size_of::<Option<T>>() } else { size_of::<T>() };
            Size { bytes, align: align_of::<T>(), has_text: false, each: 0 }
        }
        match scalar.name.as_str() {
            "NULL" => Size::default(),
            "BOOLEAN" => of::<bool>(nullable),
            "TINYINT" => of::<i8>(nullable),
            "SMALLINT" => of::<i16>(nullable),
            "INT" | "FLOAT" | "DATE" | "TIME" | "INTERVAL YEAR TO MONTH" => of::<i32>(nullable),
            "DECIMAL" => of::<Decimal>(nullable),
            "BIGINT" | "DOUBLE" | "TIMESTAMP" | "TIMESTAMP_LTZ" | "INTERVAL DAY TO SECOND" => of::<i64>(nullable),
            _ => Size { has_text: true, ..of::<Text>(nullable) },
        }
    }

    /// Both in one struct.
    fn and(self, other: Size) -> Size {
        Size {
            bytes: self.bytes + other.bytes,
            align: self.align.max(other.align),
            has_text: self.has_text || other.has_text,
            each: self.each + other.each,
        }
    }

    /// With the room that is left so that the next one begins where it has to.
    fn whole(self) -> usize {
        self.bytes.next_multiple_of(self.align.max(1))
    }
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let texts = if self.has_text { " + texts longer than 15 bytes" } else { "" };
        write!(f, "{} bytes{texts}", self.whole())?;
        if self.each > 0 {
            write!(f, " + {} for each different value", self.each)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_the_runtime() {
        use sqlc_runtime::operator::accumulator::{Avg, Count, DecimalAvg, Max, Sum};
        let size = |ty: &str| Size::of_all(&[ty.to_owned()]).whole();
        assert_eq!(size("BIGINT NOT NULL"), size_of::<Count>());
        assert_eq!(size("INT"), size_of::<Sum<i32>>());
        assert_eq!(size("DECIMAL(38, 2)"), size_of::<Sum<Decimal>>());
        assert_eq!(size("STRING"), size_of::<Max<Text>>());
        assert_eq!(size("ROW<sum DOUBLE NOT NULL, count BIGINT NOT NULL>"), size_of::<Avg<f64>>());
        let decimal = "ROW<overflowed BOOLEAN NOT NULL, sum DECIMAL(38, 2) NOT NULL, count BIGINT NOT NULL>";
        assert_eq!(size(decimal), size_of::<DecimalAvg<2>>());
        struct Mixed(#[expect(dead_code)] i32, #[expect(dead_code)] bool, #[expect(dead_code)] Text);
        let mixed = ["INT NOT NULL", "BOOLEAN NOT NULL", "STRING NOT NULL"].map(str::to_owned);
        assert_eq!(Size::of_all(&mixed).whole(), size_of::<Mixed>());
        let distinct = "ROW<total BIGINT NOT NULL, seen ARRAY<ROW<value STRING NOT NULL, count BIGINT NOT NULL>>>";
        assert_eq!(
            Size::of_all(&[distinct.to_owned()]).to_string(),
            "32 bytes + texts longer than 15 bytes + 24 for each different value"
        );
    }
}
