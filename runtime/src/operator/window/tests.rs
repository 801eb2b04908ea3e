use super::*;
use crate::operator::testing::{ByName, Direct, Reading, reading, seconds};
use crate::value::Millis;

type Windows = Direct<WindowAggregate<ByName>>;

fn hop() -> Windows {
    Direct(WindowAggregate::new(Assigner::hop(Millis(10_000), Millis(20_000))))
}

/// `name [start, end) rows sum` in whole seconds, for all that is due.
fn results(windows: &mut Windows) -> Vec<String> {
    let mut lines = Vec::new();
    windows
        .drain(|result| {
            let Window { start, end } = result.window;
            let sum = result.accumulator.sum.value();
            let sum = sum.map_or("NULL".to_owned(), |sum| sum.to_string());
            let name = result.key.as_deref().unwrap_or("NULL");
            let rows = result.accumulator.rows.value();
            lines.push(format!("{name} [{}, {}) {rows} {sum}", start.0 / 1_000_000, end.0 / 1_000_000));
            Ok(())
        })
        .expect("nothing fails");
    lines
}

fn add(windows: &mut Windows, rows: &[Reading<'_>]) {
    for row in rows {
        windows.add(RowKind::Insert, row).expect("nothing fails");
    }
}

#[test]
fn a_window_is_due_one_millisecond_before_its_end() {
    let mut windows = hop();
    add(&mut windows, &[reading("a", 1.0, 1.0), reading("b", 2.0, 12.0), reading("a", 4.0, 13.0)]);
    windows.0.advance(seconds(9.998)).unwrap();
    assert_eq!(results(&mut windows), [""; 0]);
    windows.0.advance(seconds(9.999)).unwrap();
    assert_eq!(results(&mut windows), ["a [-10, 10) 1 1"]);
    windows.0.advance(Timestamp::MAX).unwrap();
    assert_eq!(results(&mut windows), ["a [0, 20) 2 5", "b [0, 20) 1 2", "a [10, 30) 1 4", "b [10, 30) 1 2"]);
    assert_eq!(windows.0.keys(), 0);
}
