//! The statements as they were written: a tree of nouns with a [`Span`](crate::text::Span) on every node, which prints
//! itself back as canonical SQL.
//!
//! It leaves to others what names refer to and what types expressions have. No type of the SQL library shows here.

mod data_type;
mod expression;
mod interval;
mod name;
mod print;
mod query;
mod statement;

pub use data_type::{DataType, RowField, TypeKind, Zone};
pub use expression::{
    Argument, ArgumentValue, BinaryOperator, Expr, ExprKind, Frame, FrameBound, FrameUnit, FunctionCall, JsonClause,
    JsonKind, LikeKind, Literal, Over, OverWindow, TableArgument, TrimSide, Truth, UnaryOperator,
};
pub use interval::{IntervalLiteral, IntervalValue, TimeUnit};
pub use name::{Ident, ObjectName, StringLiteral};
pub use query::{
    Cte, Distinctness, GroupItem, Hint, HintArgument, Join, JoinConstraint, JoinKind, NamedWindow, OrderItem, Query,
    QueryBody, Select, SelectItem, SetOperation, SetOperator, TableAlias, TableRef, TableRefKind, Values,
};
pub use statement::{
    Column, ColumnKind, CreateTable, CreateView, DropObject, Insert, Like, LikeAction, LikeFeature, LikeOption,
    ObjectKind, PrimaryKey, Reset, Set, Statement, StatementKind, StatementSet, TableOption, Use, Watermark,
};
