//! Windows: the legacy functions of GROUP BY with their auxiliary functions, and the window table functions of FROM.

use super::scope::{Bound, Output, Scope};
use super::{Bind, QueryBinder, Reported};
use crate::diagnostic::Diagnostic;
use crate::plan::{Expr, Literal, Operator, Relation, Scalar, TableWindow, WindowProperty, WindowShape};
use crate::syntax::{self, Argument, ArgumentValue, ExprKind, FunctionCall, Ident};
use crate::text::Span;
use crate::types::{Family, Kind};

/// TUMBLE, HOP and SESSION of GROUP BY by name.
pub(super) fn group_function(name: &str) -> Option<&'static str> {
    ["TUMBLE", "HOP", "SESSION"].into_iter().find(|function| name.eq_ignore_ascii_case(function))
}

/// `TUMBLE_START` and its like: the window function and the property.
pub(super) fn auxiliary(name: &str) -> Option<(&'static str, WindowProperty)> {
    let (function, property) = name.rsplit_once('_')?;
    let property = match property {
        "START" => WindowProperty::Start,
        "END" => WindowProperty::End,
        "ROWTIME" => WindowProperty::Rowtime,
        "PROCTIME" => WindowProperty::Proctime,
        _ => return None,
    };
    Some((group_function(function)?, property))
}

/// What a window function of GROUP BY says.
pub(super) struct Shape {
    pub time: Scalar,
    pub shape: WindowShape,
}

impl QueryBinder<'_> {
    /// `TUMBLE(time, size)`, `HOP(time, slide, size)`, `SESSION(time, gap)`.
    pub(super) fn group_window(
        &mut self,
        function: &'static str,
        call: &FunctionCall,
        span: Span,
        scope: &Scope,
    ) -> Bind<Shape> {
        let usage = match function {
            "TUMBLE" => "TUMBLE(time, INTERVAL '1' MINUTE)",
            "HOP" => "HOP(time, INTERVAL '10' SECOND, INTERVAL '1' MINUTE): the slide first, then the size",
            _ => "SESSION(time, INTERVAL '10' MINUTE)",
        };
        let expected = if function == "HOP" { 3 } else { 2 };
        let exprs: Vec<&syntax::Expr> = call.arguments.iter().filter_map(Argument::expr).collect();
        if exprs.len() != call.arguments.len() || exprs.len() != expected && exprs.len() != expected + 1 {
            let message = format!("{function} in GROUP BY does not take these arguments");
            return self.fail(Diagnostic::error("bad-arguments", span, message).help(format!("write {usage}")));
        }
        if exprs.len() == expected + 1 {
            let instead = format!("a window table function takes an offset: FROM TABLE({function}(TABLE t, ...))");
            return self.unsupported(exprs[expected].span, "the alignment of a window in GROUP BY", &instead);
        }
        let time = self.typed(exprs[0], scope);
        let sizes: Vec<Bind<i64>> = exprs[1..].iter().map(|expr| self.duration(expr, scope)).collect();
        let (time, sizes) = (time?, sizes.into_iter().collect::<Bind<Vec<i64>>>()?);
        if !matches!(time.ty.kind, Kind::Timestamp(_) | Kind::TimestampLtz(_)) {
            let message = format!("a window is made over time, this is of type {}", time.ty.kind);
            let diagnostic = Diagnostic::error("not-a-time", time.span, message)
                .help("name the column that WATERMARK FOR names, or one that is PROCTIME()");
            return self.fail(diagnostic);
        }
        if !matches!(time.expr, Expr::Column(_)) && !matches!(time.expr, Expr::Proctime) {
            let message = "a window is made over a column of the table";
            let diagnostic = Diagnostic::error("not-a-time", time.span, message)
                .help("declare a computed column with a WATERMARK in CREATE TABLE");
            return self.fail(diagnostic);
        }
        let shape = match (function, sizes.as_slice()) {
            ("TUMBLE", [size]) => WindowShape::Tumble { size: *size, offset: 0 },
            ("HOP", [slide, size]) => {
                if slide > size {
                    let message = "the slide of HOP is longer than its size: rows between windows are lost";
                    let diagnostic = Diagnostic::warning("window-with-gaps", exprs[1].span, message)
                        .also(exprs[2].span, "the size")
                        .help(format!("write {usage}"));
                    self.diagnostics.push(diagnostic);
                }
                WindowShape::Hop { slide: *slide, size: *size, offset: 0 }
            }
            (_, [gap]) => WindowShape::Session { gap: *gap },
            _ => return Err(Reported),
        };
        Ok(Shape { time, shape })
    }

    /// A constant interval of at least a millisecond, in milliseconds.
    fn duration(&mut self, expr: &syntax::Expr, scope: &Scope) -> Bind<i64> {
        let scalar = self.typed(expr, scope)?;
        match (&scalar.expr, &scalar.ty.kind) {
            (Expr::Literal(Literal::Millis(millis)), _) if *millis > 0 => Ok(*millis),
            (Expr::Literal(Literal::Millis(_)), _) => {
                self.fail(Diagnostic::error("bad-window", scalar.span, "the length of a window is more than nothing"))
            }
            (_, Kind::YearMonthInterval) => {
                let message = "months and years have no fixed length: a window is measured in days or less";
                self.fail(Diagnostic::error("bad-window", scalar.span, message).help("write INTERVAL '30' DAY"))
            }
            _ => {
                let message = "the length of a window is a constant interval";
                self.fail(Diagnostic::error("bad-window", scalar.span, message).help("write INTERVAL '1' MINUTE"))
            }
        }
    }

    /// `HOP_ROWTIME(time, slide, size)`: a property of the window that the query groups by.
    pub(super) fn window_property(
        &mut self,
        (function, property): (&'static str, WindowProperty),
        call: &FunctionCall,
        span: Span,
        scope: &Scope,
    ) -> Bind<Scalar> {
        let name = call.name.last().value.to_ascii_uppercase();
        let Some(mut grouping) = self.grouping.take() else {
            let message = format!("{name} has a meaning only beside GROUP BY {function}(...)");
            let diagnostic = Diagnostic::error("misplaced-window", span, message)
                .help("a window table function gives window_start, window_end and window_time as columns");
            return self.fail(diagnostic);
        };
        let result = self.property_of(&mut grouping, (function, property), &name, call, span, scope);
        self.grouping = Some(grouping);
        result
    }

    fn property_of(
        &mut self,
        grouping: &mut super::group::Grouping,
        (function, property): (&'static str, WindowProperty),
        name: &str,
        call: &FunctionCall,
        span: Span,
        scope: &Scope,
    ) -> Bind<Scalar> {
        let Shape { time, shape } = self.group_window(function, call, span, scope)?;
        let Some(window) = &mut grouping.window else {
            let message = format!("{name} needs GROUP BY {function}(...)");
            return self.fail(Diagnostic::error("misplaced-window", span, message).help("group by the same window"));
        };
        if window.function != function || window.shape != shape || !super::same::same(&window.time, &time) {
            let message = format!("{name} speaks of another window than GROUP BY");
            let diagnostic = Diagnostic::error("other-window", span, message)
                .also(window.span, "the window of this query")
                .help("use the same function, column and intervals");
            return self.fail(diagnostic);
        }
        let kind = match property {
            WindowProperty::Start | WindowProperty::End => Kind::Timestamp(3).not_null(),
            // Both have the type of the column that the window is made over, as in Flink.
            WindowProperty::Rowtime | WindowProperty::Proctime => time.ty.clone(),
        };
        let existing = window.properties.iter().find(|(_, other)| *other == property);
        let id = match existing {
            Some((id, _)) => *id,
            None => {
                let id = self.column(name.to_lowercase(), kind.clone(), span);
                window.properties.push((id, property));
                id
            }
        };
        Ok(Scalar { expr: Expr::Column(id), ty: kind, span })
    }

    /// `TABLE(TUMBLE(TABLE t, DESCRIPTOR(time), size [, offset]))` and its like.
    pub(super) fn window_table(&mut self, name: &Ident, arguments: &[Argument], span: Span) -> Bind<Bound> {
        let function = name.value.to_ascii_uppercase();
        let (parameters, usage): (&[&str], &str) = match function.as_str() {
            "TUMBLE" => (
                &["DATA", "TIMECOL", "SIZE", "OFFSET"],
                "TUMBLE(TABLE t, DESCRIPTOR(time), INTERVAL '1' MINUTE [, offset])",
            ),
            "HOP" => (
                &["DATA", "TIMECOL", "SLIDE", "SIZE", "OFFSET"],
                "HOP(TABLE t, DESCRIPTOR(time), slide, size [, offset])",
            ),
            "CUMULATE" => (
                &["DATA", "TIMECOL", "STEP", "SIZE", "OFFSET"],
                "CUMULATE(TABLE t, DESCRIPTOR(time), step, size [, offset])",
            ),
            "SESSION" => {
                let instead = "group by SESSION(time, gap) instead";
                return self.unsupported(span, "the table function SESSION", instead);
            }
            _ => {
                let message = format!("there is no table function `{}`", name.value);
                let diagnostic = Diagnostic::error("unknown-function", name.span, message).suggest_nearest(
                    &function,
                    name.span,
                    ["TUMBLE", "HOP", "CUMULATE"],
                );
                return self.fail(diagnostic);
            }
        };
        let given = self.by_parameter(parameters, arguments, &function, usage, span)?;
        let [Some(data), Some(time), sizes @ ..] = given.as_slice() else {
            return self.missing_argument(&function, usage, span);
        };
        let bound = self.table_argument(data, usage);
        let sizes: Vec<Bind<Option<i64>>> = sizes
            .iter()
            .enumerate()
            .map(|(index, size)| match size {
                None => Ok(None),
                Some(argument) if index + 3 == parameters.len() => self.offset(argument, usage).map(Some),
                Some(argument) => self.size(argument, usage).map(Some),
            })
            .collect();
        let bound = bound?;
        let (time, time_span) = self.descriptor(time, &bound, usage)?;
        let sizes: Vec<Option<i64>> = sizes.into_iter().collect::<Bind<_>>()?;
        let shape = match (function.as_str(), sizes.as_slice()) {
            ("TUMBLE", [Some(size), offset]) => WindowShape::Tumble { size: *size, offset: offset.unwrap_or(0) },
            ("HOP", [Some(slide), Some(size), offset]) => {
                self.multiple(*slide, *size, "slide", span)?;
                WindowShape::Hop { slide: *slide, size: *size, offset: offset.unwrap_or(0) }
            }
            ("CUMULATE", [Some(step), Some(size), offset]) => {
                self.multiple(*step, *size, "step", span)?;
                WindowShape::Cumulate { step: *step, size: *size, offset: offset.unwrap_or(0) }
            }
            _ => return self.missing_argument(&function, usage, span),
        };
        let time_kind = match self.type_of(time).kind {
            Kind::TimestampLtz(_) => Kind::TimestampLtz(3),
            _ => Kind::Timestamp(3),
        };
        let mut outputs = bound.outputs;
        let mut property = |binder: &mut Self, name: &str, kind: Kind| {
            let id = binder.column(name, kind.not_null(), span);
            outputs.push(Output { name: name.to_owned(), id });
            id
        };
        let properties = [
            property(self, "window_start", Kind::Timestamp(3)),
            property(self, "window_end", Kind::Timestamp(3)),
            property(self, "window_time", time_kind),
        ];
        let window = TableWindow { shape, time, time_span, properties, span };
        let relation = Relation { op: Operator::Window { input: Box::new(bound.relation), window }, span };
        Ok(Bound { relation, outputs })
    }

    /// The arguments in the order of the parameters, whether they were given by name or by position.
    fn by_parameter<'e>(
        &mut self,
        parameters: &[&str],
        arguments: &'e [Argument],
        function: &str,
        usage: &str,
        span: Span,
    ) -> Bind<Vec<Option<&'e Argument>>> {
        let mut given = vec![None; parameters.len()];
        for (index, argument) in arguments.iter().enumerate() {
            let place = match &argument.name {
                None => Some(index).filter(|index| *index < parameters.len()),
                Some(name) => {
                    let place = parameters.iter().position(|parameter| name.value.eq_ignore_ascii_case(parameter));
                    if place.is_none() {
                        let message = format!("{function} has no argument `{}`", name.value);
                        let diagnostic = Diagnostic::error("named-argument", name.span, message)
                            .suggest_nearest(&name.value.to_uppercase(), name.span, parameters.iter().copied())
                            .with_note(format!("its arguments are {}", parameters.join(", ")));
                        return self.fail(diagnostic);
                    }
                    place
                }
            };
            match place {
                Some(place) if given[place].is_none() => given[place] = Some(argument),
                Some(_) => {
                    let message = "this argument is given twice";
                    return self.fail(Diagnostic::error("named-argument", argument.span, message));
                }
                None => {
                    let message = format!("{function} does not take {} arguments", arguments.len());
                    return self.fail(Diagnostic::error("bad-arguments", span, message).help(format!("write {usage}")));
                }
            }
        }
        Ok(given)
    }

    fn missing_argument<T>(&mut self, function: &str, usage: &str, span: Span) -> Bind<T> {
        let message = format!("{function} lacks an argument");
        self.fail(Diagnostic::error("bad-arguments", span, message).help(format!("write {usage}")))
    }

    fn table_argument(&mut self, argument: &Argument, usage: &str) -> Bind<Bound> {
        match &argument.value {
            ArgumentValue::Table(table) if table.partition_by.is_empty() && table.order_by.is_empty() => {
                self.query(&table.query)
            }
            ArgumentValue::Table(table) => {
                self.unsupported(table.span, "PARTITION BY and ORDER BY of a table argument", "leave the clauses out")
            }
            ArgumentValue::Expr(syntax::Expr { kind: ExprKind::Subquery(query), .. }) => self.query(query),
            _ => {
                let message = "the first argument of a window table function is a table";
                self.fail(Diagnostic::error("bad-arguments", argument.span, message).help(format!("write {usage}")))
            }
        }
    }

    fn descriptor(&mut self, argument: &Argument, bound: &Bound, usage: &str) -> Bind<(crate::plan::ColumnId, Span)> {
        let ArgumentValue::Descriptor(names) = &argument.value else {
            let message = "the second argument of a window table function is DESCRIPTOR(column)";
            return self
                .fail(Diagnostic::error("bad-arguments", argument.span, message).help(format!("write {usage}")));
        };
        let [name] = names.as_slice() else {
            let message = "a window is made over one column";
            return self.fail(Diagnostic::error("bad-arguments", argument.span, message));
        };
        let scope = Scope {
            relations: vec![super::scope::Named { name: None, in_catalog: false, outputs: bound.outputs.clone() }],
        };
        let scalar = self.path(std::slice::from_ref(name), name.span, &scope)?;
        let Expr::Column(id) = scalar.expr else { return Err(Reported) };
        if !matches!(scalar.ty.kind.family(), Family::Timestamp | Family::TimestampLtz) {
            let message = format!("a window is made over time, `{}` is of type {}", name.value, scalar.ty.kind);
            let diagnostic = Diagnostic::error("not-a-time", name.span, message)
                .help("name the column that WATERMARK FOR names, or one that is PROCTIME()");
            return self.fail(diagnostic);
        }
        Ok((id, name.span))
    }

    fn size(&mut self, argument: &Argument, usage: &str) -> Bind<i64> {
        let Some(expr) = argument.expr() else {
            let message = "this argument is an interval";
            return self
                .fail(Diagnostic::error("bad-arguments", argument.span, message).help(format!("write {usage}")));
        };
        self.duration(expr, &Scope::default())
    }

    /// An offset may be negative or nothing.
    fn offset(&mut self, argument: &Argument, usage: &str) -> Bind<i64> {
        let scalar = match argument.expr() {
            Some(expr) => self.typed(expr, &Scope::default())?,
            None => return self.size(argument, usage),
        };
        match scalar.expr {
            Expr::Literal(Literal::Millis(millis)) => Ok(millis),
            _ => {
                let message = "the offset of a window is a constant interval of days or less";
                self.fail(Diagnostic::error("bad-window", scalar.span, message))
            }
        }
    }

    fn multiple(&mut self, part: i64, size: i64, name: &str, span: Span) -> Bind<()> {
        if size % part == 0 {
            return Ok(());
        }
        let message = format!("the size of this window is no multiple of its {name}");
        let diagnostic = Diagnostic::error("bad-window", span, message)
            .help(format!("choose a size that the {name} divides"))
            .help(format!("mind the order: the {name} comes before the size"));
        self.fail(diagnostic)
    }
}
