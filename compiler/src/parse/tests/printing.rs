//! Any expression prints as a text that reads as the same expression.

use super::{read, shape};
use crate::syntax::{
    BinaryOperator, Expr, ExprKind, Ident, IntervalLiteral, LikeKind, Literal, Query, QueryBody, Statement,
    StatementKind, StringLiteral, TimeUnit, TrimSide, Truth, UnaryOperator, Values,
};
use crate::text::{Sources, Span};
use proptest::prelude::*;

fn nowhere() -> Span {
    let mut sources = Sources::new();
    let file = sources.add_file("");
    Span::new(sources.add_cell(file, 1, ""), 0, 0)
}

fn expr(kind: ExprKind) -> Expr {
    Expr { kind, span: nowhere() }
}

fn ident() -> impl Strategy<Value = Ident> {
    ("[a-c]{1,2}|se`lect|é", any::<bool>()).prop_map(|(value, quoted)| {
        let quoted = quoted || value.contains('`');
        Ident { value, quoted, span: nowhere() }
    })
}

fn leaf() -> impl Strategy<Value = Expr> {
    let interval = "[1-9]".prop_map(|value| {
        let text = StringLiteral { value, span: nowhere() };
        let (from, to) = (TimeUnit::Day, None);
        Literal::Interval(IntervalLiteral { negative: false, text, from, from_precision: None, to, to_precision: None })
    });
    let literal = prop_oneof![
        Just(Literal::Null),
        any::<bool>().prop_map(Literal::Boolean),
        "[0-9]{1,3}|[0-9]\\.[0-9]e2".prop_map(Literal::Number),
        "[a'\"`\n -]{0,3}".prop_map(Literal::String),
        prop::collection::vec(any::<u8>(), 0..3).prop_map(Literal::Bytes),
        "2024-01-0[1-9]".prop_map(|value| Literal::Date(StringLiteral { value, span: nowhere() })),
        interval,
    ];
    prop_oneof![
        literal.prop_map(|literal| expr(ExprKind::Literal(literal))),
        prop::collection::vec(ident(), 1..3).prop_map(|parts| expr(ExprKind::Path(parts))),
    ]
}

fn tree() -> impl Strategy<Value = Expr> {
    use BinaryOperator::*;
    let operators = [
        Or,
        And,
        Equal,
        NotEqual,
        Less,
        LessOrEqual,
        Greater,
        GreaterOrEqual,
        Plus,
        Minus,
        Multiply,
        Divide,
        Modulo,
        Concat,
    ];
    leaf().prop_recursive(5, 40, 4, move |inner| {
        let boxed = || inner.clone().prop_map(Box::new).boxed();
        let many = || prop::collection::vec(inner.clone(), 1..3);
        let truths = prop::sample::select(vec![Truth::Null, Truth::True, Truth::Unknown]);
        let unary = prop::sample::select(vec![UnaryOperator::Not, UnaryOperator::Minus, UnaryOperator::Plus]);
        let like = prop::sample::select(vec![LikeKind::Like, LikeKind::SimilarTo]);
        prop_oneof![
            4 => (prop::sample::select(operators.to_vec()), boxed(), boxed()).prop_map(|(operator, left, right)| {
                ExprKind::Binary { operator, operator_span: nowhere(), left, right }
            }),
            2 => (unary, boxed()).prop_map(|(operator, operand)| ExprKind::Unary { operator, operand }),
            1 => (boxed(), any::<bool>(), truths).prop_map(|(operand, negated, what)| ExprKind::Is { operand, negated, what }),
            1 => (boxed(), boxed(), any::<bool>()).prop_map(|(left, right, negated)| ExprKind::IsDistinctFrom { left, right, negated }),
            1 => (boxed(), boxed(), boxed(), any::<bool>(), any::<bool>()).prop_map(|(operand, low, high, negated, symmetric)| {
                ExprKind::Between { operand, low, high, negated, symmetric }
            }),
            1 => (boxed(), many(), any::<bool>()).prop_map(|(operand, list, negated)| ExprKind::InList { operand, list, negated }),
            1 => (like, boxed(), boxed(), prop::option::of(boxed()), any::<bool>()).prop_map(|(kind, operand, pattern, escape, negated)| {
                ExprKind::Like { kind, operand, pattern, escape, negated }
            }),
            1 => (prop::option::of(boxed()), prop::collection::vec((inner.clone(), inner.clone()), 1..3), prop::option::of(boxed()))
                .prop_map(|(operand, branches, otherwise)| ExprKind::Case { operand, branches, otherwise }),
            1 => (boxed(), ident()).prop_map(|(base, field)| ExprKind::Field { base, field }),
            1 => (boxed(), boxed()).prop_map(|(base, index)| ExprKind::Subscript { base, index }),
            1 => many().prop_map(ExprKind::Array),
            1 => many().prop_map(ExprKind::Row),
            1 => (prop::option::of(boxed()), boxed()).prop_map(|(characters, operand)| {
                ExprKind::Trim { side: TrimSide::Leading, characters, operand }
            }),
            1 => (boxed(), any::<bool>()).prop_map(|(operand, up)| ExprKind::RoundTo { up, operand, unit: TimeUnit::Hour }),
        ]
        .prop_map(expr)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_expression_reads_as_it_was(expr in tree()) {
        let span = nowhere();
        // Beside another value a row cannot be taken for the row of VALUES itself.
        let one = super::printing::expr(ExprKind::Literal(Literal::Number("1".to_owned())));
        let body = QueryBody::Values(Values { rows: vec![vec![one, expr]], span });
        let query = Query { with: vec![], body, order_by: vec![], limit: None, offset: None, span };
        let statement = Statement { kind: StatementKind::Query(Box::new(query)), span };
        let text = statement.to_string();
        let (again, errors) = read(&text);
        prop_assert_eq!(errors, "");
        prop_assert_eq!(again[0].to_string(), text);
        prop_assert_eq!(shape(&again), shape(&[statement]));
    }
}
