//! What a decoder remembers of the documents it has read: which member followed which in the objects at every
//! path, byte for byte, so that in the next document a member's name and place are recognised by comparing
//! bytes. What is remembered decides how quick reading is, never what is read.

use super::FieldError;
use super::cursor::Value;
use super::in_order::Line;
use super::lanes::Lanes;
use crate::format::block::{Aligned, Window, is_masked, whole_window};

/// The number of a [`Key`] in a [`Memory`].
pub(super) type KeyId = u32;

/// How many keys are remembered: documents with ever new keys must not fill the memory.
const MOST_KEYS: usize = 1024;

/// The longest key that is remembered, spaces included.
const LONGEST_KEY: usize = 256;

/// A key that stands nowhere: what follows where nothing is expected.
pub(super) const NOTHING: KeyId = 0;

/// The member whose value is the record itself.
pub(super) const RECORD: KeyId = 1;

/// The column of a member that nobody reads.
const UNREAD: u32 = u32::MAX;

/// The column of the bracket that closes an object.
const END: u32 = u32::MAX - 1;

/// How many keys are followed to find out what stands between columns.
const LONGEST_PATH: usize = 256;

/// How many keys of an object are compared before a key is looked up by its name.
const MOST_COMPARED: usize = 16;

/// The beginning of a key as it is compared.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(super) struct Spelling {
    /// The first 32 bytes, padded with zeros.
    beginning: Aligned,
    /// Ones where `beginning` counts.
    mask: Aligned,
    /// How long the whole key is.
    pub length: usize,
}

impl Spelling {
    /// What no document has.
    pub const NOWHERE: Self = Spelling { beginning: Aligned([1; 32]), mask: Aligned([0; 32]), length: 0 };

    pub fn new(bytes: &[u8]) -> Self {
        let (mut beginning, mut mask) = ([0; 32], [0; 32]);
        let counts = bytes.len().min(32);
        beginning[..counts].copy_from_slice(&bytes[..counts]);
        mask[..counts].fill(0xFF);
        Spelling { beginning: Aligned(beginning), mask: Aligned(mask), length: bytes.len() }
    }

    /// Whether a key of at most 32 bytes stands at `pos`, where the bytes do not end soon.
    #[inline(always)]
    pub fn is_short_at(&self, bytes: &[u8], pos: usize) -> bool {
        whole_window(bytes, pos).is_some_and(|window| is_masked(window, &self.mask, &self.beginning))
    }

    /// Whether a key of at most 32 bytes is what a window begins with.
    #[inline(always)]
    pub fn is_short_in<L: Lanes>(&self, window: &Window) -> bool {
        L::is_masked(window, &self.mask, &self.beginning)
    }

    /// How far behind its comma a key's quote stands; `None` if it is the first of an object.
    pub fn distance(&self) -> Option<usize> {
        let Aligned(beginning) = &self.beginning;
        beginning.strip_prefix(b",")?.iter().position(|byte| *byte == b'"').map(|spaces| spaces + 1)
    }
}

/// The bytes in front of a value: from the end of the value before it, or from the bracket that opens the
/// object, on: `, "status": ` or `{"status":`. The bracket that closes the object is a key, too.
#[derive(Debug)]
#[repr(align(64))]
struct Key {
    spelling: Spelling,
    column: u32,
    /// The key that stood behind this one's value last time.
    next: KeyId,
    /// The number of the objects' shape of which it is a key.
    shape: u32,
    /// What stands in front of the first key of the objects that are values of this member.
    nested: KeyId,
    /// If it stands in front of the first key: what is expected if the columns come in order, unless it is being
    /// followed right now.
    line: Option<Box<Line>>,
    bytes: Box<[u8]>,
}

impl Key {
    fn new(bytes: &[u8], column: u32, shape: u32) -> Self {
        let (next, nested) = (NOTHING, NOTHING);
        Key { spelling: Spelling::new(bytes), column, next, shape, nested, line: None, bytes: bytes.into() }
    }

    /// A key that no document has.
    fn nowhere(shape: u32) -> Self {
        Key { spelling: Spelling::NOWHERE, ..Key::new(b"", UNREAD, shape) }
    }

    /// Whether these bytes stand at `pos`.
    #[inline(always)]
    fn stands_at(&self, bytes: &[u8], pos: usize) -> bool {
        match whole_window(bytes, pos) {
            Some(window) => {
                let Spelling { beginning, mask, length } = &self.spelling;
                is_masked(window, mask, beginning) && (*length <= 32 || self.is_long_at(bytes, pos))
            }
            None => self.ends_at(bytes, pos),
        }
    }

    #[inline(never)]
    fn is_long_at(&self, bytes: &[u8], pos: usize) -> bool {
        bytes[pos..].starts_with(&self.bytes)
    }

    /// As [`stands_at`](Key::stands_at), near the end of the bytes.
    #[inline(never)]
    fn ends_at(&self, bytes: &[u8], pos: usize) -> bool {
        let is_somewhere = self.spelling.length > 0;
        is_somewhere && bytes.get(pos..).is_some_and(|rest| rest.starts_with(&self.bytes))
    }
}

/// The keys of the objects at one path.
#[derive(Debug)]
struct Shape {
    /// What stands in front of the first key: it is behind it that the first is expected.
    start: KeyId,
    /// What stands for a key that is not remembered: nothing is expected behind it.
    lost: KeyId,
    /// Those that have come first, with the opening bracket in front.
    openings: Vec<KeyId>,
    /// Those that have come behind another member.
    followers: Vec<KeyId>,
    /// How often something else came that the line could have said, and how often that may be.
    surprises: u32,
    patience: u32,
}

/// How many surprises there are before a line is thought over for the first time; each time doubles it, so that
/// objects that never look alike cost little.
const PATIENCE: u32 = 8;

/// All that is remembered.
#[derive(Debug)]
pub(super) struct Memory {
    keys: Vec<Key>,
    shapes: Vec<Shape>,
}

impl Default for Memory {
    fn default() -> Self {
        let mut memory = Memory { keys: vec![Key::nowhere(0), Key::nowhere(0)], shapes: Vec::new() };
        memory.new_shape(RECORD);
        memory
    }
}

impl Memory {
    /// Forgets all if there is no room for more.
    #[inline(always)]
    pub fn make_room(&mut self) {
        if self.keys.len() >= MOST_KEYS {
            self.forget();
        }
    }

    #[cold]
    fn forget(&mut self) {
        *self = Memory::default();
    }

    /// What stands in front of the first key of an object that is the value of a member.
    #[inline(always)]
    fn start_of(&mut self, member: KeyId) -> KeyId {
        match self.keys[member as usize].nested {
            NOTHING => self.new_shape(member),
            start => start,
        }
    }

    #[cold]
    fn new_shape(&mut self, member: KeyId) -> KeyId {
        let (shape, start) = (self.shapes.len() as u32, self.keys.len() as KeyId);
        self.keys.extend([Key::nowhere(shape), Key::nowhere(shape)]);
        let (openings, followers) = (Vec::new(), Vec::new());
        let shape = Shape { start, lost: start + 1, openings, followers, surprises: 0, patience: PATIENCE };
        self.shapes.push(shape);
        self.keys[member as usize].nested = start;
        start
    }

    /// What is expected in the objects that begin with this key.
    #[inline(always)]
    pub fn take_line(&mut self, start: KeyId) -> Option<Box<Line>> {
        self.keys[start as usize].line.take()
    }

    /// Gives back what was [taken](Memory::take_line), if it is not outdated.
    #[inline(always)]
    pub fn give_line(&mut self, start: KeyId, line: Option<Box<Line>>) {
        let place = &mut self.keys[start as usize].line;
        if place.is_none() {
            *place = line;
        }
    }

    /// Takes note that the line of a member's object could have said what came.
    #[cold]
    fn was_surprised(&mut self, member: KeyId, columns: usize) {
        let shape = &mut self.shapes[self.keys[member as usize].shape as usize];
        shape.surprises += 1;
        if shape.surprises >= shape.patience {
            (shape.surprises, shape.patience) = (0, (shape.patience * 2).min(1 << 20));
            let start = shape.start;
            self.keys[start as usize].line = Some(Box::new(self.line(start, columns)));
        }
    }

    /// The line of the keys that followed one another last time.
    fn line(&self, start: KeyId, columns: usize) -> Line {
        let mut line = Line::default();
        // The place that comes next, and how many members stand before it, if all of them are short.
        let (mut last, mut expected, mut passed) = (start, Some(0), 0);
        // Keys that follow one another in a circle come to an end, too.
        for members in 0..LONGEST_PATH {
            last = self.keys[last as usize].next;
            let key = &self.keys[last as usize];
            let is_short = key.spelling.length <= 32;
            if key.column != END {
                line.expect(members);
            }
            match place_of(key, columns) {
                _ if last == NOTHING => break,
                None if is_short => {
                    line.pass(last, key.spelling);
                    passed += 1;
                }
                None => expected = None,
                Some(place) => {
                    if is_short && expected == Some(place) {
                        line.step(place, passed, last, key.spelling);
                    }
                    if key.column == END {
                        break;
                    }
                    (expected, passed) = (Some(place + 1), 0);
                }
            }
        }
        line
    }
}

/// The place of a key among so many columns, behind all of them if it is the end.
fn place_of(key: &Key, columns: usize) -> Option<usize> {
    match key.column {
        UNREAD => None,
        END => Some(columns),
        column => Some(column as usize),
    }
}

/// How far the decoder is in one object, whose last key is `value.member`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Progress {
    /// The key that is expected next.
    next: KeyId,
    /// How many values of columns have been reached.
    columns: usize,
}

impl Progress {
    /// Before the bracket that opens an object, which is the value of `value.member`.
    #[inline(always)]
    pub fn new(value: &mut Value<'_, '_>) -> Self {
        let start = value.start_object();
        Progress { next: value.state.memory.keys[start as usize].next, columns: 0 }
    }
}

impl Value<'_, '_> {
    /// Goes in front of the first key of an object, which is the value of `self.member`.
    #[inline(always)]
    pub(super) fn start_object(&mut self) -> KeyId {
        self.member = self.state.memory.start_of(self.member);
        self.member
    }

    /// Goes to the value of the next column behind the key `self.member` and says of which; `None` behind the end
    /// of the object. The line does not say that it is the column of this place, and `seen` came before.
    #[inline(never)]
    pub(super) fn column_behind(
        &mut self,
        place: usize,
        seen: usize,
        columns: &[&str],
    ) -> Result<Option<u32>, FieldError> {
        let last = self.member;
        let mut value = self.copy();
        let mut progress = Progress { next: value.state.memory.keys[last as usize].next, columns: seen };
        let column = value.pass_unread(&mut progress, columns);
        (self.pos, self.member) = (value.pos, value.member);
        if column.as_ref().is_ok_and(|column| column.map_or(columns.len(), |column| column as usize) == place) {
            self.state.memory.was_surprised(last, columns.len());
        }
        column
    }

    /// Goes to the value of the object's next member that is one of `columns`, and says of which; `None`
    /// behind the end of the object. What is inlined into generated code is only the case that a column's
    /// key, or the end, stands where it stood last time.
    #[inline(always)]
    pub(super) fn next_column(&mut self, object: &mut Progress, columns: &[&str]) -> Result<Option<u32>, FieldError> {
        let key = &self.state.memory.keys[object.next as usize];
        if key.stands_at(self.bytes, self.pos) {
            // Flink stops looking for columns when it has seen as many as there are, so that of duplicate keys
            // the first may win.
            if (key.column as usize) < columns.len() && object.columns < columns.len() {
                self.pos += key.spelling.length;
                self.member = object.next;
                *object = Progress { next: key.next, columns: object.columns + 1 };
                return Ok(Some(key.column));
            }
            if key.column == END && !self.is_missing(object, columns) {
                self.pos += key.spelling.length;
                self.state.depth -= 1;
                return Ok(None);
            }
        }
        // With copies of both, whose originals can stay in registers.
        let (mut value, mut progress) = (self.copy(), *object);
        let column = value.expected_column(&mut progress, columns);
        (self.pos, self.member, *object) = (value.pos, value.member, progress);
        column
    }

    /// As [`next_column`](Value::next_column), past the members that nobody reads.
    #[inline(never)]
    fn expected_column(&mut self, object: &mut Progress, columns: &[&str]) -> Result<Option<u32>, FieldError> {
        // Copies again: the loop keeps the places in registers.
        let (mut value, mut progress) = (self.copy(), *object);
        let column = value.pass_unread(&mut progress, columns);
        (self.pos, self.member, *object) = (value.pos, value.member, progress);
        column
    }

    #[inline(always)]
    fn pass_unread(&mut self, object: &mut Progress, columns: &[&str]) -> Result<Option<u32>, FieldError> {
        loop {
            let key = &self.state.memory.keys[object.next as usize];
            let column = if key.stands_at(self.bytes, self.pos) {
                self.pos += key.spelling.length;
                self.member = object.next;
                object.next = key.next;
                key.column
            } else {
                let mut progress = *object;
                let column = self.aside(|value| value.other_key(&mut progress, columns));
                *object = progress;
                column?
            };
            if column >= END {
                if column == END {
                    return self.end_object(object, columns);
                }
            } else if object.columns < columns.len() {
                object.columns += 1;
                return Ok(Some(column));
            }
            self.skip()?;
        }
    }

    /// Behind the bracket that closes an object.
    #[inline(always)]
    fn end_object(&mut self, object: &Progress, columns: &[&str]) -> Result<Option<u32>, FieldError> {
        if self.is_missing(object, columns) {
            return Err(missing(columns));
        }
        self.state.depth -= 1;
        Ok(None)
    }

    /// Goes behind the next key, which is not the one that was expected, and gives its column. What comes is
    /// what is expected next time.
    #[inline(never)]
    fn other_key(&mut self, object: &mut Progress, columns: &[&str]) -> Result<u32, FieldError> {
        let (start, last) = (self.pos, self.member);
        let shape_id = self.state.memory.keys[last as usize].shape;
        let (bytes, shape) = (self.bytes, &self.state.memory.shapes[shape_id as usize]);
        let started = last != shape.start;
        let known = if started { &shape.followers } else { &shape.openings };
        let mut compared = known.iter().copied().take(MOST_COMPARED);
        let found = match compared.find(|id| self.state.memory.keys[*id as usize].stands_at(bytes, start)) {
            Some(found) => found,
            None => {
                let column = self.unknown_key(started, columns)?;
                match self.learn(&bytes[start..self.pos], shape_id, started, column) {
                    Some(found) => found,
                    None => {
                        // No room: it is read without being remembered.
                        self.member = self.state.memory.shapes[shape_id as usize].lost;
                        object.next = NOTHING;
                        return Ok(column);
                    }
                }
            }
        };
        let memory = &mut self.state.memory;
        if last != memory.shapes[shape_id as usize].lost {
            memory.keys[last as usize].next = found;
        }
        let key = &memory.keys[found as usize];
        self.pos = start + key.spelling.length;
        (self.member, object.next) = (found, key.next);
        Ok(key.column)
    }

    /// Goes behind the next key and its colon, or behind the object's end, and gives the column.
    fn unknown_key(&mut self, started: bool, columns: &[&str]) -> Result<u32, FieldError> {
        if !started {
            self.pos += 1;
        }
        self.skip_space();
        if self.peek() == b'}' {
            self.pos += 1;
            return Ok(END);
        }
        self.next_member(started)?;
        let Some(key) = self.string_at_cursor() else { return Err(self.unexpected("a key")) };
        let column = columns.iter().position(|name| *name == key).map_or(UNREAD, |column| column as u32);
        self.colon()?;
        Ok(column)
    }

    /// Whether the object must not end yet.
    #[inline(always)]
    fn is_missing(&self, object: &Progress, columns: &[&str]) -> bool {
        self.state.fail_on_missing_field && object.columns < columns.len()
    }

    /// The key that these bytes are; a new one if they are not known, and none if there is no room for it.
    fn learn(&mut self, bytes: &[u8], shape_id: u32, started: bool, column: u32) -> Option<KeyId> {
        let memory = &mut self.state.memory;
        let shape = &mut memory.shapes[shape_id as usize];
        let known = if started { &mut shape.followers } else { &mut shape.openings };
        if let Some(known) = known.iter().find(|id| *memory.keys[**id as usize].bytes == *bytes) {
            return Some(*known);
        }
        if memory.keys.len() >= MOST_KEYS || bytes.len() > LONGEST_KEY {
            return None;
        }
        let id = memory.keys.len() as KeyId;
        known.push(id);
        memory.keys.push(Key::new(bytes, column, shape_id));
        Some(id)
    }
}

#[cold]
fn missing(columns: &[&str]) -> FieldError {
    FieldError::syntax(format!(
        "json.fail-on-missing-field is true, and not all of these are there: {}",
        columns.join(", ")
    ))
}
