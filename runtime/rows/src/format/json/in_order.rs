//! The quickest way through an object: where its columns come in the order in which they are declared, the code
//! that reads them is one straight line of comparisons and values, without a loop and without asking which
//! column it is. Anything else is left to [`expected`](super::expected), which knows every order.

use super::FieldError;
use super::cursor::Value;
use super::decode::{Object, read_column};
use super::expected::{KeyId, NOTHING, Spelling};
use super::skip::{plain_end, usual_end};
use super::wide::{Manner, Passed, Places};
use std::ops::Range;

/// Objects of more columns are read in a loop: the straight line gets long, and there are so many ways to leave it.
pub(super) const MOST_COLUMNS: usize = 8;

/// How many members have to be passed over for an object to be wide.
const MANY: usize = 8;

/// What stands in front of the values of the columns, in the order of the columns, and behind the last value.
#[derive(Debug, Default)]
pub(super) struct Line {
    pub steps: [Step; MOST_COLUMNS + 1],
    /// The members between columns, which nobody reads.
    pub passed: Vec<Passed>,
    pub manner: Manner,
}

/// The way to the value of a column, or behind the bracket that closes the object.
#[derive(Debug)]
pub(super) struct Step {
    pub spelling: Spelling,
    key: KeyId,
    /// Which members stand before it.
    pub passed: Range<u32>,
}

impl Default for Step {
    /// What no document has.
    fn default() -> Self {
        Step { spelling: Spelling::NOWHERE, key: NOTHING, passed: 0..0 }
    }
}

impl Line {
    const UNKNOWN: &Line = &Line {
        steps: [const { Step { spelling: Spelling::NOWHERE, key: NOTHING, passed: 0..0 } }; MOST_COLUMNS + 1],
        passed: Vec::new(),
        manner: Manner { separators: 0, distance: 1 },
    };

    /// Whether so many members are passed over that it pays to look for them first.
    #[inline(always)]
    fn is_wide(&self) -> bool {
        self.passed.len() >= MANY
    }

    /// Takes note of how many members stand behind the first.
    pub fn expect(&mut self, separators: usize) {
        self.manner.separators = separators;
    }

    /// Adds a member that nobody reads behind what has been added.
    pub fn pass(&mut self, key: KeyId, spelling: Spelling) {
        if let Some(distance) = spelling.distance() {
            self.manner.distance = distance;
        }
        self.passed.push(Passed { spelling, key });
    }

    /// The members that are passed over before a step.
    #[inline(always)]
    pub fn passed(&self, step: &Step) -> &[Passed] {
        &self.passed[step.passed.start as usize..step.passed.end as usize]
    }

    /// Adds what stands at a place among the columns, which is their number for the closing bracket, if it is expected
    /// there: behind the last `passed` members that have been added.
    pub fn step(&mut self, place: usize, passed: usize, key: KeyId, spelling: Spelling) {
        let end = self.passed.len();
        self.steps[place] = Step { spelling, key, passed: (end - passed) as u32..end as u32 };
    }
}

/// Reads the object that begins at the cursor, which is then behind it.
#[inline(always)]
pub(super) fn read_in_order<'a, T: Object<'a>>(value: &mut Value<'_, 'a>, row: &mut T) -> Result<(), FieldError> {
    let start = value.start_object();
    let line = value.state.memory.take_line(start);
    let result = read_line(value, row, line.as_deref().unwrap_or(Line::UNKNOWN));
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
                    None if value.reaches(line, $column) => $column,
                    None => {
                        match value.leave_line(|value| value.column_ahead(line, $column, $column - missing, T::COLUMNS))? {
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
                    return value.leave_line(|value| read_rest_aside(value, row, column, $column - missing));
                }
            }
        )*};
    }
    columns!(0 1 2 3 4 5 6 7);
    debug_assert!(found.is_none(), "no column is behind the last");
    let columns = T::COLUMNS.len();
    if missing == 0 && value.reaches(line, columns) {
        value.state.depth -= 1;
        return Ok(());
    }
    value.leave_line(|value| match value.column_ahead(line, columns, columns - missing, T::COLUMNS)? {
        Some(column) => read_rest_aside(value, row, column as usize, columns - missing),
        None => Ok(()),
    })
}

/// As [`read_rest`], with a copy of the row, so that the columns of the original can stay in registers.
#[inline(always)]
fn read_rest_aside<'a, T: Object<'a>>(
    value: &mut Value<'_, 'a>,
    row: &mut T,
    column: usize,
    seen: usize,
) -> Result<(), FieldError> {
    let mut copy = std::mem::take(row);
    let result = read_rest(value, &mut copy, column, seen);
    *row = copy;
    result
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

    /// Goes to the value of the next column and says of which; `None` behind the end of the object. The line does not lead
    /// to the column of this place, and `seen` columns came before.
    #[inline(never)]
    fn column_ahead(
        &mut self,
        line: &Line,
        place: usize,
        seen: usize,
        columns: &[&str],
    ) -> Result<Option<u32>, FieldError> {
        let step = &line.steps[place];
        if line.is_wide() {
            let is_end = place == columns.len();
            if self.pass_many(line, step)? && !(is_end && seen < columns.len()) && self.is_at(step) {
                self.state.depth -= u32::from(is_end);
                return Ok((!is_end).then_some(place as u32));
            }
        } else {
            let passed = line.passed(step);
            let (pos, count) = pass(self.bytes, self.pos, passed);
            self.pos = pos;
            if let Some(last) = count.checked_sub(1) {
                self.member = passed[last].key;
            }
        }
        self.column_behind(place, seen, columns)
    }

    /// Goes over the members before a step of a wide object, the plain ones in one go and others one by one, as far as they
    /// come as expected; answers whether all do.
    #[inline(never)]
    fn pass_many(&mut self, line: &Line, step: &Step) -> Result<bool, FieldError> {
        let passed = line.passed(step);
        self.state.places.passed = 0;
        loop {
            self.state.places.way(self.bytes, self.pos, line, step);
            let count = self.state.places.passed;
            self.pos = self.state.places.pos;
            if let Some(last) = count.checked_sub(1) {
                self.member = passed[last].key;
            }
            let Some(odd) = passed.get(count) else { return Ok(true) };
            if !odd.spelling.is_short_at(self.bytes, self.pos) {
                return Ok(false);
            }
            self.pos += odd.spelling.length;
            self.member = odd.key;
            self.skip()?;
            self.state.places.passed = count + 1;
        }
    }

    /// Whether the members that the line passes over stand at the cursor, and the key of the place behind them; moves
    /// behind it if so.
    #[inline(always)]
    fn reaches(&mut self, line: &Line, place: usize) -> bool {
        let step = &line.steps[place];
        if step.passed.is_empty() {
            return self.is_at(step);
        }
        match way(&mut self.state.places, self.bytes, self.pos, line, step) {
            0 => false,
            pos => {
                self.pos = pos;
                self.member = step.key;
                true
            }
        }
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

/// Where the value of a step's key stands, behind the members that are passed over; 0 if something else is there.
#[inline(never)]
fn way(places: &mut Places, bytes: &[u8], mut pos: usize, line: &Line, step: &Step) -> usize {
    if line.is_wide() {
        places.passed = 0;
        return places.way(bytes, pos, line, step);
    }
    for member in line.passed(step) {
        if !member.spelling.is_short_at(bytes, pos) {
            return 0;
        }
        match usual_end(bytes, pos + member.spelling.length) {
            Some(end) => pos = end,
            None => return 0,
        }
    }
    if step.spelling.is_short_at(bytes, pos) { pos + step.spelling.length } else { 0 }
}

/// Goes over members whose values are plain; answers where it stopped, and how many they were.
#[inline(always)]
fn pass(bytes: &[u8], mut pos: usize, members: &[Passed]) -> (usize, usize) {
    for (number, member) in members.iter().enumerate() {
        if !member.spelling.is_short_at(bytes, pos) {
            return (pos, number);
        }
        let Some(end) = plain_end(bytes, pos + member.spelling.length) else { return (pos, number) };
        pos = end;
    }
    (pos, members.len())
}
