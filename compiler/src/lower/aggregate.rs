//! Aggregations: over the windows of GROUP BY, over the windows of a table function, and over none.

use super::flow::{Open, TimeAttribute};
use super::{Draft, Lowering};
use crate::diagnostic::Diagnostic;
use crate::plan::{AggregateCall, ColumnId, GroupWindow, TableWindow, WindowProperty, WindowShape};
use crate::stream::{Changelog, OperatorId, Source, Stateful, StatefulKind, Step, Time};
use crate::text::Span;

/// Where an aggregation stands in the user's text: the whole SELECT, and the words that ask for groups or windows.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub span: Span,
    pub clause: Span,
}

impl Lowering<'_> {
    /// A window table function: every row once per window.
    pub(super) fn table_window(&mut self, input: Open, window: &TableWindow, draft: &Draft<'_>) -> Option<Open> {
        self.refuse_updates(&input, window.span)?;
        let time = self.time_attribute(&input, window.time, window.time_span, draft)?;
        Some(input.windows(window, time))
    }

    /// GROUP BY TUMBLE(...), HOP(...) or SESSION(...).
    pub(super) fn group_window(
        &mut self,
        input: Open,
        keys: &[ColumnId],
        window: &GroupWindow,
        calls: &[(ColumnId, AggregateCall)],
        span: Span,
        draft: &mut Draft<'_>,
    ) -> Option<Open> {
        self.refuse_updates(&input, window.span)?;
        let time = self.time_attribute(&input, window.time, window.time_span, draft)?;
        let rowtime = window.properties.iter().find(|(_, property)| *property == WindowProperty::Rowtime);
        if let (Time::Processing, Some((id, _))) = (time, rowtime) {
            let column = &draft.statement.columns[id.0];
            self.diagnostics.push(
                Diagnostic::error(
                    "rowtime-of-processing-time",
                    column.span,
                    "a window over processing time has no rowtime",
                )
                .also(window.time_span, "this column tells processing time")
                .help("use the _PROCTIME function of the window instead"),
            );
            return None;
        }
        let properties = window.properties.clone();
        let place = Place { span, clause: window.span };
        Some(self.window_operator(input, (window.shape, time, properties, true), keys.to_vec(), calls, place, draft))
    }

    /// GROUP BY without a window of its own: over the window of a table function if both of its borders are among
    /// the keys, else a changelog of groups.
    pub(super) fn aggregate(
        &mut self,
        mut input: Open,
        keys: &[ColumnId],
        calls: &[(ColumnId, AggregateCall)],
        place: Place,
        draft: &mut Draft<'_>,
    ) -> Option<Open> {
        let among_keys = |names: &[ColumnId]| names.iter().any(|name| keys.contains(name));
        if let Some(window) = input.window.clone()
            && among_keys(&window.names[0])
            && among_keys(&window.names[1])
        {
            if window.attached {
                self.diagnostics.push(
                    Diagnostic::error(
                        "window-of-window-result",
                        place.span,
                        "aggregating the results of a window by that same window is not supported yet",
                    )
                    .also(window.span, "the rows have been aggregated by this window already")
                    .help("group by TUMBLE or HOP over the window_time of the inner query instead"),
                );
                return None;
            }
            let mut properties = Vec::new();
            let mut others = Vec::new();
            let rowtime =
                if window.time == Time::Processing { WindowProperty::Proctime } else { WindowProperty::Rowtime };
            for &key in keys {
                match window.names.iter().position(|names| names.contains(&key)) {
                    Some(0) => properties.push((key, WindowProperty::Start)),
                    Some(1) => properties.push((key, WindowProperty::End)),
                    Some(_) => properties.push((key, rowtime)),
                    None => others.push(key),
                }
            }
            self.forget_windows(&mut input, calls, draft)?;
            let place = Place { clause: window.span, ..place };
            return Some(self.window_operator(
                input,
                (window.shape, window.time, properties, false),
                others,
                calls,
                place,
                draft,
            ));
        }
        let retention = match draft.statement.settings.get("table.exec.state.ttl") {
            Some(text) => {
                let duration = sqlc_runtime::connector::options::parse_duration(text);
                duration.map(|duration| duration.as_millis() as u64).filter(|&millis| millis > 0)
            }
            None => None,
        };
        let mini_batch = self.mini_batch(&input, place, draft)?;
        let kind = StatefulKind::Group { update_before: true, retention, mini_batch };
        let mut open = self.operator(input, kind, keys.to_vec(), calls, place, draft);
        open.changelog = Changelog::Retract;
        open.unique = Some(keys.to_vec());
        Some(open)
    }

    /// Takes the window table function out of flows whose windows the aggregation above makes itself.
    fn forget_windows(
        &mut self,
        input: &mut Open,
        calls: &[(ColumnId, AggregateCall)],
        draft: &Draft<'_>,
    ) -> Option<()> {
        let Some(window) = input.window.clone() else { return Some(()) };
        let borders: Vec<ColumnId> = window.names.concat();
        let mut misused = None;
        for flow in &mut input.flows {
            flow.steps.retain(|step| match step {
                Step::Windows(_) => false,
                Step::Let(id, _) if borders.contains(id) => false,
                Step::Let(_, scalar) | Step::Filter(scalar) => {
                    scalar.for_each_column(&mut |id| {
                        if borders.contains(&id) {
                            misused = Some(scalar.span);
                        }
                    });
                    true
                }
            });
        }
        for (_, call) in calls {
            for id in call.argument.iter().chain(&call.filter) {
                if borders.contains(id) {
                    misused = Some(draft.statement.columns[id.0].span);
                }
            }
        }
        if let Some(span) = misused {
            self.diagnostics.push(
                Diagnostic::error(
                    "window-border-below-aggregation",
                    span,
                    "window_start, window_end and window_time can only be grouped by here",
                )
                .also(window.span, "the window that is aggregated")
                .help("use them in the SELECT list or in HAVING, above the GROUP BY"),
            );
            return None;
        }
        Some(())
    }

    fn window_operator(
        &mut self,
        input: Open,
        (shape, time, properties, oldest_first): (WindowShape, Time, Vec<(ColumnId, WindowProperty)>, bool),
        keys: Vec<ColumnId>,
        calls: &[(ColumnId, AggregateCall)],
        place: Place,
        draft: &mut Draft<'_>,
    ) -> Open {
        let mut unique = keys.clone();
        unique.extend(properties.iter().map(|(id, _)| *id));
        let kind = StatefulKind::Window { shape, time, properties: properties.clone(), oldest_first };
        let span = place.span;
        let mut open = self.operator(input, kind, keys, calls, place, draft);
        for (id, property) in &properties {
            match (property, time) {
                (WindowProperty::Rowtime, _) => open.set_time(*id, TimeAttribute::Rowtime),
                (WindowProperty::Proctime, Time::Processing) => open.set_time(*id, TimeAttribute::Proctime),
                _ => {}
            }
        }
        if !oldest_first {
            let named = |wanted: WindowProperty| {
                properties.iter().filter(|(_, property)| *property == wanted).map(|(id, _)| *id).collect()
            };
            open.window = Some(super::flow::OpenWindow {
                shape,
                span,
                time,
                names: [named(WindowProperty::Start), named(WindowProperty::End), Vec::new()],
                attached: true,
            });
        }
        open.unique = Some(unique);
        open
    }

    fn operator(
        &mut self,
        input: Open,
        kind: StatefulKind,
        keys: Vec<ColumnId>,
        calls: &[(ColumnId, AggregateCall)],
        place: Place,
        draft: &mut Draft<'_>,
    ) -> Open {
        let id = OperatorId(draft.operators.len());
        let two_phase = super::batch::is_two_phase(&kind, input.changelog, calls, &draft.statement.settings);
        draft.operators.push(Stateful {
            kind,
            keys,
            calls: calls.to_vec(),
            input: Vec::new(),
            changelog: input.changelog,
            two_phase,
            span: place.span,
            clause: place.clause,
        });
        draft.flows.extend(input.flows.into_iter().map(|flow| flow.into_operator(id)));
        Open::new(Source::Operator(id), Changelog::InsertOnly)
    }

    fn refuse_updates(&mut self, input: &Open, span: Span) -> Option<()> {
        if input.changelog == Changelog::InsertOnly {
            return Some(());
        }
        self.diagnostics.push(
            Diagnostic::error("window-over-updates", span, "a window cannot be built over rows that are updated later")
                .help("aggregate the input by a window too, or group without a window here"),
        );
        None
    }

    fn time_attribute(&mut self, input: &Open, column: ColumnId, span: Span, draft: &Draft<'_>) -> Option<Time> {
        match input.time(column) {
            Some(TimeAttribute::Rowtime) => Some(Time::Event(column)),
            Some(TimeAttribute::Proctime) => Some(Time::Processing),
            None => {
                let column = &draft.statement.columns[column.0];
                self.diagnostics.push(
                    Diagnostic::error(
                        "not-a-time-attribute",
                        span,
                        format!("`{}` is not a time attribute, so a window cannot be built on it", column.name),
                    )
                    .labelled(format!("a plain {}", column.ty))
                    .help(format!(
                        "declare `WATERMARK FOR {0} AS {0} - INTERVAL '5' SECOND` in its table and use the column \
                         unchanged, or use a column `AS PROCTIME()`",
                        column.name
                    )),
                );
                None
            }
        }
    }
}
