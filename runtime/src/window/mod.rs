//! Window assigners as pure arithmetic.
