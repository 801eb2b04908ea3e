//! What a decoder remembers of the documents it has read: which member followed which in the objects at every
//! path, byte for byte, so that in the next document a member's name and place are recognised by comparing
//! bytes. What is remembered decides how quick reading is, never what is read.

use super::FieldError;
use super::cursor::Value;
use crate::format::block::{Window, is_masked};

/// The number of a [`Key`] in a [`Memory`].
pub(super) type KeyId = u32;

/// How many keys are remembered: documents with ever new keys must not fill the memory.
const MOST_KEYS: usize = 1024;

/// The longest key that is remembered, spaces included.
const LONGEST_KEY: usize = 256;

/// A key that stands nowhere: what follows where nothing is expected.
const NOTHING: KeyId = 0;

/// The member whose value is the record itself.
pub(super) const RECORD: KeyId = 1;

/// The number of the shape of objects about which nothing is remembered.
const SHAPELESS: u32 = 0;

/// The column of a member that nobody reads.
const UNREAD: u32 = u32::MAX;

/// How many keys of an object are compared before a key is looked up by its name.
const MOST_COMPARED: usize = 16;

/// The bytes in front of a value: from the end of the value before it, or from the bracket that opens the
/// object, on: `, "status": ` or `{"status":`.
#[derive(Debug)]
struct Key {
    /// The first 32 of them, padded with zeros.
    beginning: Window,
    /// Ones where `beginning` counts.
    mask: Window,
    length: usize,
    column: u32,
    /// The member that stood behind this one last time.
    next: KeyId,
    /// The shape of the objects that are values of this member.
    nested: u32,
    bytes: Box<[u8]>,
}

impl Key {
    fn new(bytes: &[u8], column: u32) -> Self {
        let (mut beginning, mut mask) = ([0; 32], [0; 32]);
        let counts = bytes.len().min(32);
        beginning[..counts].copy_from_slice(&bytes[..counts]);
        mask[..counts].fill(0xFF);
        Key { beginning, mask, length: bytes.len(), column, next: NOTHING, nested: SHAPELESS, bytes: bytes.into() }
    }

    /// A key that no document has.
    fn nowhere(nested: u32) -> Self {
        Key { beginning: [1; 32], nested, ..Key::new(b"", UNREAD) }
    }

    /// Whether these bytes stand at `pos`.
    #[inline(always)]
    fn stands_at(&self, bytes: &[u8], pos: usize) -> bool {
        match bytes.get(pos..).and_then(<[u8]>::first_chunk) {
            Some(window) => {
                is_masked(window, &self.mask, &self.beginning) && (self.length <= 32 || self.is_long_at(bytes, pos))
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
        let is_somewhere = self.length > 0;
        is_somewhere && bytes.get(pos..).is_some_and(|rest| rest.starts_with(&self.bytes))
    }
}

/// The keys of the objects at one path.
#[derive(Debug, Default)]
struct Shape {
    /// The key that came first last time.
    first: KeyId,
    /// Those that have come first, with the opening bracket in front.
    openings: Vec<KeyId>,
    /// Those that have come behind another member.
    followers: Vec<KeyId>,
}

/// All that is remembered.
#[derive(Debug)]
pub(super) struct Memory {
    keys: Vec<Key>,
    shapes: Vec<Shape>,
}

impl Default for Memory {
    fn default() -> Self {
        let root = 1;
        Memory {
            keys: vec![Key::nowhere(SHAPELESS), Key::nowhere(root)],
            shapes: vec![Shape::default(), Shape::default()],
        }
    }
}

impl Memory {
    /// Forgets all if there is no room for more.
    #[inline(always)]
    pub fn make_room(&mut self) {
        if self.keys.len() >= MOST_KEYS {
            *self = Memory::default();
        }
    }

    /// The shape of the objects that are values of a member.
    #[inline]
    fn shape_of(&mut self, member: KeyId) -> u32 {
        let shape = self.keys[member as usize].nested;
        if shape == SHAPELESS && member != NOTHING { self.new_shape(member) } else { shape }
    }

    #[cold]
    fn new_shape(&mut self, member: KeyId) -> u32 {
        self.shapes.push(Shape::default());
        let shape = self.shapes.len() as u32 - 1;
        self.keys[member as usize].nested = shape;
        shape
    }
}

/// How far the decoder is in one object.
#[derive(Debug)]
pub(super) struct Progress {
    shape: u32,
    /// The last member that was recognised.
    last: KeyId,
    /// The one that is expected behind it.
    next: KeyId,
    /// Whether the decoder is behind a member, no longer before the bracket that opens the object.
    started: bool,
    /// How many values of columns have been reached.
    columns: usize,
}

impl Progress {
    /// Before the bracket that opens an object, which is the value of `value.state.member`.
    #[inline(always)]
    pub fn new(value: &mut Value<'_, '_>) -> Self {
        let shape = value.state.memory.shape_of(value.state.member);
        let next = value.state.memory.shapes[shape as usize].first;
        Progress { shape, last: NOTHING, next, started: false, columns: 0 }
    }

    /// The same again, for what is not inlined.
    #[inline(always)]
    fn copy(&self) -> Self {
        Progress { ..*self }
    }
}

impl Value<'_, '_> {
    /// Goes to the value of the object's next member that is one of `columns`, and says of which; `None`
    /// behind the end of the object. What is inlined into generated code is only the case that a column's
    /// key, or the end, stands where it stood last time.
    #[inline(always)]
    pub(super) fn next_column(&mut self, object: &mut Progress, columns: &[&str]) -> Result<Option<u32>, FieldError> {
        if object.columns < columns.len() {
            let key = &self.state.memory.keys[object.next as usize];
            if key.stands_at(self.bytes, self.pos) && key.column != UNREAD {
                self.pos += key.length;
                object.last = object.next;
                object.next = key.next;
                object.started = true;
                object.columns += 1;
                self.state.member = object.last;
                return Ok(Some(key.column));
            }
        } else if object.started && self.peek() == b'}' {
            self.leave();
            return Ok(None);
        }
        // With copies of both, whose originals can stay in registers.
        let (mut value, mut progress) = (self.copy(), object.copy());
        let column = value.expected_column(&mut progress, columns);
        (self.pos, *object) = (value.pos, progress);
        column
    }

    /// As [`next_column`](Value::next_column), past the members that nobody reads.
    #[inline(never)]
    fn expected_column(&mut self, object: &mut Progress, columns: &[&str]) -> Result<Option<u32>, FieldError> {
        // Copies again: the loop keeps the places in registers.
        let (mut value, mut progress) = (self.copy(), object.copy());
        let column = value.pass_unread(&mut progress, columns);
        (self.pos, *object) = (value.pos, progress);
        column
    }

    #[inline(always)]
    fn pass_unread(&mut self, object: &mut Progress, columns: &[&str]) -> Result<Option<u32>, FieldError> {
        loop {
            if object.started && self.peek() == b'}' && !self.is_missing(object, columns) {
                self.leave();
                return Ok(None);
            }
            let key = &self.state.memory.keys[object.next as usize];
            let column = if key.stands_at(self.bytes, self.pos) {
                self.pos += key.length;
                object.last = object.next;
                object.next = key.next;
                object.started = true;
                key.column
            } else {
                let mut progress = object.copy();
                let column = self.aside(|value| value.other_member(&mut progress, columns));
                *object = progress;
                match column? {
                    Some(column) => column,
                    None => return Ok(None),
                }
            };
            // Flink stops looking for columns when it has seen as many as there are, so that of duplicate keys
            // the first may win.
            if column != UNREAD && object.columns < columns.len() {
                object.columns += 1;
                self.state.member = object.last;
                return Ok(Some(column));
            }
            self.skip()?;
        }
    }

    /// Goes to the value of the next member, which is not the one that was expected, and gives its column;
    /// `None` behind the end of the object. What comes is what is expected next time.
    #[inline(never)]
    fn other_member(&mut self, object: &mut Progress, columns: &[&str]) -> Result<Option<u32>, FieldError> {
        let start = self.pos;
        if !object.started {
            self.pos += 1;
        }
        if !self.next_member(object.started)? {
            return if self.is_missing(object, columns) { Err(missing(columns)) } else { Ok(None) };
        }
        let (bytes, shape) = (self.bytes, &self.state.memory.shapes[object.shape as usize]);
        let known = if object.started { &shape.followers } else { &shape.openings };
        let mut compared = known.iter().copied().take(MOST_COMPARED);
        let found = match compared.find(|id| self.state.memory.keys[*id as usize].stands_at(bytes, start)) {
            Some(found) => {
                self.pos = start + self.state.memory.keys[found as usize].length;
                found
            }
            None => {
                let Some(key) = self.string_at_cursor() else { return Err(self.unexpected("a key")) };
                let column = columns.iter().position(|name| *name == key).map_or(UNREAD, |column| column as u32);
                self.colon()?;
                let id = self.learn(&bytes[start..self.pos], object, column);
                if id == NOTHING {
                    // No room: it is read without being remembered.
                    (object.last, object.next, object.started) = (NOTHING, NOTHING, true);
                    return Ok(Some(column));
                }
                id
            }
        };
        let shape = &mut self.state.memory.shapes[object.shape as usize];
        match object.last {
            _ if !object.started => shape.first = found,
            NOTHING => {}
            last => self.state.memory.keys[last as usize].next = found,
        }
        let key = &self.state.memory.keys[found as usize];
        (object.last, object.next, object.started) = (found, key.next, true);
        Ok(Some(key.column))
    }

    /// Whether the object must not end yet.
    #[inline(always)]
    fn is_missing(&self, object: &Progress, columns: &[&str]) -> bool {
        self.state.fail_on_missing_field && object.columns < columns.len()
    }

    /// The key that these bytes are; a new one if they are not known, and none if there is no room for it.
    fn learn(&mut self, bytes: &[u8], object: &Progress, column: u32) -> KeyId {
        let memory = &mut self.state.memory;
        let shape = &mut memory.shapes[object.shape as usize];
        let known = if object.started { &mut shape.followers } else { &mut shape.openings };
        if let Some(known) = known.iter().find(|id| *memory.keys[**id as usize].bytes == *bytes) {
            return *known;
        }
        if object.shape == SHAPELESS || memory.keys.len() >= MOST_KEYS || bytes.len() > LONGEST_KEY {
            return NOTHING;
        }
        let id = memory.keys.len() as KeyId;
        known.push(id);
        memory.keys.push(Key::new(bytes, column));
        id
    }
}

#[cold]
fn missing(columns: &[&str]) -> FieldError {
    FieldError::syntax(format!(
        "json.fail-on-missing-field is true, and not all of these are there: {}",
        columns.join(", ")
    ))
}
