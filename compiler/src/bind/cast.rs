//! CAST and TRY_CAST: which type becomes which when asked.

use super::scope::Scope;
use super::{Bind, QueryBinder, Reported, coerce, data_type};
use crate::diagnostic::Diagnostic;
use crate::plan::{CastMode, Expr, Scalar};
use crate::syntax;
use crate::text::Span;
use crate::types::{Family, Kind};

impl QueryBinder<'_> {
    pub(super) fn cast(
        &mut self,
        operand: &syntax::Expr,
        data_type: &syntax::DataType,
        lenient: bool,
        span: Span,
        scope: &Scope,
    ) -> Bind<Scalar> {
        let operand = self.expression(operand, scope);
        let target = match data_type::for_cast(data_type) {
            Ok(kind) => Ok(kind),
            Err(mistake) => self.type_mistake(mistake),
        };
        let (operand, kind) = (operand?, target?);
        if data_type.nullable.is_some() {
            let message = "a CAST keeps the nullability of its operand";
            let diagnostic = Diagnostic::error("bad-type", data_type.span, message)
                .help("write the type alone; COALESCE(value, 0) makes a value NOT NULL");
            return self.fail(diagnostic);
        }
        if operand.is_null_literal() {
            return Ok(coerce::to_kind(operand, &kind));
        }
        if !castable(&operand.ty.kind, &kind) {
            return self.fail(cast_mismatch(&operand, &kind, data_type.span));
        }
        let is_nested =
            |kind: &Kind| matches!(kind.family(), Family::Array | Family::Map | Family::Multiset | Family::Row);
        if is_nested(&operand.ty.kind) && operand.ty.kind != kind {
            let what = format!("casting {} to {kind}", operand.ty.kind);
            return self.unsupported(span, &what, "cast its elements or fields one by one");
        }
        let nullable = lenient || operand.ty.nullable;
        let ty = kind.with_nullability(nullable);
        if operand.ty.kind == ty.kind {
            return Ok(Scalar { ty, ..operand });
        }
        let mode = if lenient { CastMode::TryCast } else { CastMode::Cast };
        Ok(Scalar { expr: Expr::Cast { operand: Box::new(operand), mode }, ty, span })
    }
}

impl QueryBinder<'_> {
    /// Says what is wrong with a type, unless the parser has.
    pub(super) fn type_mistake<T>(&mut self, mistake: data_type::Mistake) -> Bind<T> {
        match mistake {
            Some(diagnostic) => self.fail(*diagnostic),
            None => Err(Reported),
        }
    }
}

/// Whether Flink casts `from` to `to` when asked.
pub(super) fn castable(from: &Kind, to: &Kind) -> bool {
    use Family::*;
    let number = |family| matches!(family, Integer | Decimal | Approximate);
    let time = |family| matches!(family, Timestamp | TimestampLtz);
    match (from, to) {
        (Kind::Array(a), Kind::Array(b)) | (Kind::Multiset(a), Kind::Multiset(b)) => return castable(&a.kind, &b.kind),
        (Kind::Map(ka, va), Kind::Map(kb, vb)) => return castable(&ka.kind, &kb.kind) && castable(&va.kind, &vb.kind),
        (Kind::Row(a), Kind::Row(b)) => {
            return a.len() == b.len() && a.iter().zip(b).all(|(a, b)| castable(&a.ty.kind, &b.ty.kind));
        }
        _ => {}
    }
    match (from.family(), to.family()) {
        (Null, _) => true,
        (_, Null) => false,
        (_, Character) => true,
        (Character, Boolean | Date | Time | Binary) => true,
        (Character, to) => number(to) || time(to),
        (Boolean, to) if number(to) => true,
        (from, Boolean) if number(from) => true,
        (Date, to) | (Time, to) if time(to) => true,
        (from, Date | Time) if time(from) => true,
        (from, to) if number(from) => number(to),
        (from, to) if time(from) => time(to),
        (Array | Map | Multiset | Row, _) => false,
        (from, to) => from == to,
    }
}

fn cast_mismatch(operand: &Scalar, kind: &Kind, type_span: Span) -> Diagnostic {
    use Family::*;
    let from = &operand.ty.kind;
    let diagnostic = Diagnostic::error("impossible-cast", operand.span, format!("{from} cannot be cast to {kind}"))
        .labelled(from.to_string())
        .also(type_span, "to this");
    match (from.family(), kind.family()) {
        (Integer | Decimal | Approximate, Timestamp) => {
            diagnostic.help("write TO_TIMESTAMP(FROM_UNIXTIME(seconds)) for seconds since 1970")
        }
        (Integer | Decimal | Approximate, TimestampLtz) => diagnostic
            .help("write TO_TIMESTAMP_LTZ(x, 3) for milliseconds since 1970, TO_TIMESTAMP_LTZ(x, 0) for seconds"),
        (Timestamp | TimestampLtz, Integer | Decimal | Approximate) => {
            diagnostic.help("write UNIX_TIMESTAMP(CAST(x AS STRING)) for seconds since 1970, or EXTRACT a part")
        }
        (Integer, DayTimeInterval | YearMonthInterval) => {
            diagnostic.help("multiply an interval: `x * INTERVAL '1' DAY`")
        }
        _ => diagnostic,
    }
}
