//! The quickest way through an object: where its columns come in the order in which they are declared, the code
//! that reads them is one straight line of comparisons and values, without a loop and without asking which
//! column it is. Anything else is left to [`expected`](super::expected), which knows every order.

use super::FieldError;
use super::cursor::Value;
use super::decode::{Object, read_column};
use super::expected::{KeyId, NOTHING, Spelling};

/// Objects of more columns are read in a loop: the straight line gets long, and there are so many ways to leave it.
pub(super) const MOST_COLUMNS: usize = 8;

/// What stands in front of the values of the columns, in the order of the columns, and behind the last value;
/// nothing that a document has where other members stand between two columns.
#[derive(Debug)]
pub(super) struct Line {
    steps: [Step; MOST_COLUMNS + 1],
}

#[derive(Debug)]
struct Step {
    spelling: Spelling,
    key: KeyId,
}

impl Line {
    const UNKNOWN: Line =
        Line { steps: [const { Step { spelling: Spelling::NOWHERE, key: NOTHING } }; MOST_COLUMNS + 1] };

    /// The line of these keys: the place of each among the columns, which is their number for the closing bracket.
    pub fn new(keys: impl Iterator<Item = (usize, KeyId, Spelling)>) -> Self {
        let mut line = Line::UNKNOWN;
        for (place, key, spelling) in keys {
            line.steps[place] = Step { spelling, key };
        }
        line
    }
}

/// Reads the object that begins at the cursor, which is then behind it.
#[inline(always)]
pub(super) fn read_in_order<'a, T: Object<'a>>(value: &mut Value<'_, 'a>, row: &mut T) -> Result<(), FieldError> {
    let start = value.start_object();
    let line = value.state.memory.take_line(start);
    let result = read_line(value, row, line.as_deref().unwrap_or(&Line::UNKNOWN));
    value.state.memory.give_line(start, line);
    result
}

#[inline(always)]
fn read_line<'a, T: Object<'a>>(value: &mut Value<'_, 'a>, row: &mut T, line: &Line) -> Result<(), FieldError> {
    // The later column whose value is at the cursor, and how many have not come.
    let (mut found, mut missing) = (None, 0);
    macro_rules! columns {
        ($($column:literal)*) => {$(
            if const { $column < T::COLUMNS.len() } {
                let column = match found.take() {
                    Some(column) => column,
                    None if value.is_at(&line.steps[$column]) => $column,
                    None => {
                        match value.leave_line(|value| value.column_behind($column, $column - missing, T::COLUMNS))? {
                            Some(column) => column as usize,
                            None => return Ok(()),
                        }
                    }
                };
                if column == $column {
                    row.read($column, value).map_err(|error| error.inside(T::COLUMNS[$column]))?;
                } else if column > $column {
                    found = Some(column);
                    missing += 1;
                } else {
                    return value.leave_line(|value| read_rest(value, row, column, $column - missing));
                }
            }
        )*};
    }
    columns!(0 1 2 3 4 5 6 7);
    debug_assert!(found.is_none(), "no column is behind the last");
    let columns = T::COLUMNS.len();
    if missing == 0 && value.is_at(&line.steps[columns]) {
        value.state.depth -= 1;
        return Ok(());
    }
    value.leave_line(|value| match value.column_behind(columns, columns - missing, T::COLUMNS)? {
        Some(column) => read_rest(value, row, column as usize, columns - missing),
        None => Ok(()),
    })
}

/// Reads the value of a column that is not in order, and all that stand behind it. `seen` columns came before it.
#[inline(never)]
fn read_rest<'a, T: Object<'a>>(
    value: &mut Value<'_, 'a>,
    row: &mut T,
    column: usize,
    mut seen: usize,
) -> Result<(), FieldError> {
    let mut column = column as u32;
    loop {
        read_column(value, row, column)?;
        seen += 1;
        match value.column_behind(usize::MAX, seen, T::COLUMNS)? {
            Some(next) => column = next,
            None => return Ok(()),
        }
    }
}

impl<'a> Value<'_, 'a> {
    /// Does what is not inlined, with a copy, so that the place of the original can stay in a register.
    #[inline(always)]
    fn leave_line<R>(&mut self, read: impl FnOnce(&mut Value<'_, 'a>) -> R) -> R {
        let mut copy = self.copy();
        let result = read(&mut copy);
        (self.pos, self.member) = (copy.pos, copy.member);
        result
    }

    /// Whether the key of a step stands at the cursor; moves behind it if so.
    #[inline(always)]
    fn is_at(&mut self, step: &Step) -> bool {
        let is_here = step.spelling.is_short_at(self.bytes, self.pos);
        if is_here {
            self.pos += step.spelling.length;
            self.member = step.key;
        }
        is_here
    }
}
