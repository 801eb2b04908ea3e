//! CAST and TRY_CAST.

use super::{Outcome, Scope, Value};
use crate::plan::{CastMode, Scalar};
use crate::text::Span;
use crate::types::Type;
use quote::quote;

impl Scope<'_> {
    pub(super) fn cast(&self, operand: &Scalar, to: &Type, mode: CastMode, span: Span) -> Value {
        let _ = (to, mode);
        let operand = self.value(operand);
        self.lift(vec![operand], Outcome::PLAIN, span, |a| {
            let a = &a[0];
            quote!(#a)
        })
    }
}
