//! Whether two expressions are the same but for where they are written.

use crate::plan::{Expr, Scalar};

pub(super) fn same(left: &Scalar, right: &Scalar) -> bool {
    if left.ty.kind != right.ty.kind || !same_node(&left.expr, &right.expr) {
        return false;
    }
    let (left, right) = (left.children(), right.children());
    left.len() == right.len() && left.into_iter().zip(right).all(|(left, right)| same(left, right))
}

/// Whether the nodes are the same, leaving out what hangs below them.
fn same_node(left: &Expr, right: &Expr) -> bool {
    match (left, right) {
        (Expr::Column(a), Expr::Column(b)) => a == b,
        (Expr::Literal(a), Expr::Literal(b)) => a == b,
        (Expr::Binary { op: a, .. }, Expr::Binary { op: b, .. }) => a == b,
        (Expr::Unary { op: a, .. }, Expr::Unary { op: b, .. }) => a == b,
        (Expr::Call { overload: a, name: n, .. }, Expr::Call { overload: b, name: m, .. }) => {
            std::ptr::eq(*a, *b) && n == m
        }
        (Expr::Cast { mode: a, .. }, Expr::Cast { mode: b, .. }) => a == b,
        (Expr::InList { negated: a, .. }, Expr::InList { negated: b, .. }) => a == b,
        (Expr::Field { index: a, .. }, Expr::Field { index: b, .. }) => a == b,
        (Expr::Case { .. }, Expr::Case { .. })
        | (Expr::Coalesce(_), Expr::Coalesce(_))
        | (Expr::Element { .. }, Expr::Element { .. })
        | (Expr::Cardinality(_), Expr::Cardinality(_))
        | (Expr::Proctime, Expr::Proctime)
        | (Expr::CurrentWatermark, Expr::CurrentWatermark) => true,
        _ => false,
    }
}
