//! An array of its own, for large tables.

use std::alloc::{self, Layout};
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

/// A `Vec` that a large table is made of: one of 2 MiB or more begins where the system can map it in pages of
/// 2 MiB, and the system is asked to. Looking up the addresses of a table all over memory otherwise takes as long
/// as looking at what is there.
pub(super) struct Array<T> {
    pointer: NonNull<T>,
    length: usize,
    capacity: usize,
}

const HUGE: usize = 2 << 20;

impl<T> Array<T> {
    pub const fn new() -> Self {
        const { assert!(size_of::<T>() > 0, "an array of nothing needs no memory") };
        Array { pointer: NonNull::dangling(), length: 0, capacity: 0 }
    }

    pub fn with_capacity(capacity: usize) -> Self {
        if capacity == 0 {
            return Array::new();
        }
        let layout = Self::layout(capacity);
        // SAFETY: neither `T` nor the capacity is zero, so the layout has a size.
        let pointer = unsafe { alloc::alloc(layout) };
        let Some(pointer) = NonNull::new(pointer.cast::<T>()) else { alloc::handle_alloc_error(layout) };
        #[cfg(target_os = "linux")]
        if layout.align() == HUGE {
            // SAFETY: the memory is ours, and how it is mapped changes nothing about what is in it. Where the system
            // has no such pages it is no loss.
            let _ = unsafe { libc::madvise(pointer.as_ptr().cast(), layout.size() & !(HUGE - 1), libc::MADV_HUGEPAGE) };
        }
        Array { pointer, length: 0, capacity }
    }

    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// The memory that it has, without what its values point to.
    pub fn bytes(&self) -> usize {
        self.capacity * size_of::<T>()
    }

    /// Appends a value; twice the memory is taken if there is no room.
    #[inline]
    pub fn push(&mut self, value: T) {
        if self.length == self.capacity {
            self.grow();
        }
        // SAFETY: there is room behind the last value.
        unsafe { self.pointer.add(self.length).write(value) };
        self.length += 1;
    }

    pub fn clear(&mut self) {
        let length = std::mem::take(&mut self.length);
        // SAFETY: that many values were there, and nobody can get at them any more.
        unsafe { std::ptr::slice_from_raw_parts_mut(self.pointer.as_ptr(), length).drop_in_place() };
    }

    #[cold]
    fn grow(&mut self) {
        let mut grown = Array::with_capacity((self.capacity * 2).max(4));
        // SAFETY: the new memory has room for the values, which are from now on only there.
        unsafe { grown.pointer.copy_from_nonoverlapping(self.pointer, self.length) };
        grown.length = std::mem::take(&mut self.length);
        *self = grown;
    }

    fn layout(capacity: usize) -> Layout {
        let layout = Layout::array::<T>(capacity).expect("the table fits into memory");
        let align = if layout.size() >= HUGE { HUGE } else { layout.align() };
        layout.align_to(align).expect("the table fits into memory")
    }
}

impl<T> Drop for Array<T> {
    fn drop(&mut self) {
        self.clear();
        if self.capacity > 0 {
            // SAFETY: the memory was allocated with this layout.
            unsafe { alloc::dealloc(self.pointer.as_ptr().cast(), Self::layout(self.capacity)) };
        }
    }
}

impl<T> Deref for Array<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        // SAFETY: that many values were pushed.
        unsafe { std::slice::from_raw_parts(self.pointer.as_ptr(), self.length) }
    }
}

impl<T> DerefMut for Array<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: that many values were pushed.
        unsafe { std::slice::from_raw_parts_mut(self.pointer.as_ptr(), self.length) }
    }
}

// SAFETY: the array owns its values, as a `Vec` does.
unsafe impl<T: Send> Send for Array<T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for Array<T> {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::rc::Rc;

    #[test]
    fn values_are_kept_while_it_grows_and_dropped_once() {
        let value = Rc::new(());
        let mut array = Array::new();
        for count in 1..100 {
            array.push((count, value.clone()));
            assert!(array.iter().map(|(count, _)| *count).eq(1..=count));
        }
        array[7].0 = 0;
        assert_eq!((array[7].0, Rc::strong_count(&value)), (0, 100));
        array.clear();
        assert_eq!((array.len(), Rc::strong_count(&value)), (0, 1));
        array.push((1, value.clone()));
        drop(array);
        assert_eq!(Rc::strong_count(&value), 1);
    }

    #[test]
    fn a_large_one_is_aligned() {
        let mut array = Array::with_capacity(HUGE);
        array.push(1u16);
        assert_eq!((array.as_ptr().addr() % HUGE, array[0]), (0, 1));
    }
}
