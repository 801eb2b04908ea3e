//! The stream plan as text.
