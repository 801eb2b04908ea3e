//! Stateful operators: for each the structs and the trait implementations that tell the runtime's operator what it
//! works on.

mod aggregation;
mod kept;
mod key;
mod late;

pub use aggregation::{accumulated, definition, group_fields};
pub use kept::{keys as kept_keys, totals as kept_totals};
pub use key::kept;

use super::row::Field;
use super::vocabulary::Imports;
use crate::plan::{ColumnId, WindowProperty, WindowShape};
use crate::stream::{Job, MiniBatch, Stateful, StatefulKind, Time};
use crate::types::Kind;
use proc_macro2::{Literal, TokenStream};
use quote::quote;

/// An operator with the names that generated code gives it.
pub struct Named<'j> {
    pub operator: &'j Stateful,
    /// `HopByStatus`.
    pub type_name: String,
    /// `hop_by_status`.
    pub field_name: String,
    /// The fields of the input struct, one per column of `operator.input`.
    pub input: Vec<(ColumnId, Field)>,
    /// The fields of the accumulator, one per call.
    pub calls: Vec<String>,
}

impl<'j> Named<'j> {
    pub fn new(job: &'j Job, operator: &'j Stateful, type_name: String, aliases: &super::job::Aliases) -> Self {
        let name = |id: ColumnId| aliases.name(job, id);
        let input_name = |id: &ColumnId| match job.column(*id).name.as_str() {
            "argument" => name(*id),
            given => given.to_owned(),
        };
        let input_names: Vec<String> = operator.input.iter().map(input_name).collect();
        let input_names = super::row::field_names(input_names.iter().map(String::as_str));
        let input = operator
            .input
            .iter()
            .zip(input_names)
            .map(|(id, name)| {
                let mut ty = job.column(*id).ty.clone();
                // The rowtime that decides the window has been checked on its way in.
                if matches!(&operator.kind, StatefulKind::Window { time: Time::Event(time), .. } if time == id) {
                    ty.nullable = false;
                }
                (*id, Field::new(&name, ty))
            })
            .collect();
        let call_names: Vec<String> = operator.calls.iter().map(|(id, _)| name(*id)).collect();
        let calls = super::row::field_names(call_names.iter().map(String::as_str));
        Named { operator, field_name: super::name::snake(&type_name), type_name, input, calls }
    }

    /// The field of the input struct that holds a column.
    pub fn input_field(&self, id: ColumnId) -> &Field {
        &self.input.iter().find(|(column, _)| *column == id).expect("an operator's columns reach it").1
    }

    /// `HopByStatusInput`.
    pub fn input_name(&self) -> String {
        format!("{}Input", self.type_name)
    }

    /// `HopByStatusKey`.
    pub fn key_name(&self) -> String {
        format!("{}Key", self.type_name)
    }

    /// `HopByStatusTotals`.
    pub fn totals_name(&self) -> String {
        format!("{}Totals", self.type_name)
    }

    /// `CountByStatusResult`.
    pub fn result_name(&self) -> String {
        format!("{}Result", self.type_name)
    }

    /// The runtime's operator: `WindowAggregate<HopByStatus>`.
    pub fn runtime_type(&self, imports: &Imports) -> TokenStream {
        let marker = super::name::ident(&self.type_name);
        let generic = match &self.operator.kind {
            StatefulKind::Window { shape: WindowShape::Session { .. }, .. } => {
                imports.item("operator::session::SessionAggregate")
            }
            StatefulKind::Window { .. } => imports.item("operator::window::WindowAggregate"),
            StatefulKind::Group { .. } => imports.item("operator::group::GroupAggregate"),
        };
        quote!(#generic<#marker>)
    }

    /// `WindowAggregate::new(Assigner::hop(Millis(10_000), Millis(60_000)))`.
    pub fn constructor(&self, job: &Job, imports: &Imports) -> TokenStream {
        match &self.operator.kind {
            StatefulKind::Window { shape, time, oldest_first, .. } => {
                let processing = (*time == Time::Processing).then(|| quote!(.processing_time()));
                let zone = is_instant(job, *time).then(|| quote!(.in_zone(wiring.zone())));
                if let WindowShape::Session { gap } = shape {
                    let session = imports.item("operator::session::SessionAggregate");
                    let gap = millis(*gap, imports);
                    return quote!(#session::new(#gap)#processing #zone);
                }
                let window = imports.item("operator::window::WindowAggregate");
                let assigner = assigner(shape, imports);
                let newest = (!oldest_first).then(|| quote!(.newest_first()));
                quote!(#window::new(#assigner)#newest #processing #zone)
            }
            StatefulKind::Group { update_before, retention, mini_batch } => {
                let group = imports.item("operator::group::GroupAggregate");
                let without = (!update_before).then(|| quote!(.without_update_before()));
                let retain = retention.map(|time| {
                    let time = millis(i64::try_from(time).unwrap_or(i64::MAX), imports);
                    quote!(.retain(#time))
                });
                let batch = mini_batch.map(|MiniBatch { latency, size, watermarks }| {
                    let (latency, size) = (millis(latency, imports), grouped(i64::from(size)));
                    let watermarks = watermarks.map(|interval| {
                        let interval = millis(interval, imports);
                        quote!(.flush_at_watermarks(#interval))
                    });
                    quote!(.mini_batch(#latency, #size)#watermarks)
                });
                quote!(#group::new()#without #retain #batch)
            }
        }
    }
}

/// `Assigner::hop(Millis(10_000), Millis(60_000))`.
pub fn assigner(shape: &WindowShape, imports: &Imports) -> TokenStream {
    let name = imports.item("window::Assigner");
    let (call, offset) = match *shape {
        WindowShape::Tumble { size, offset } => {
            let size = millis(size, imports);
            (quote!(tumble(#size)), offset)
        }
        WindowShape::Hop { slide, size, offset } => {
            let (slide, size) = (millis(slide, imports), millis(size, imports));
            (quote!(hop(#slide, #size)), offset)
        }
        WindowShape::Cumulate { step, size, offset } => {
            let (step, size) = (millis(step, imports), millis(size, imports));
            (quote!(cumulate(#step, #size)), offset)
        }
        WindowShape::Session { .. } => unreachable!("sessions have no assigner"),
    };
    let moved = (offset != 0).then(|| {
        let offset = millis(offset, imports);
        quote!(.offset(#offset))
    });
    quote!(#name::#call #moved)
}

fn millis(value: i64, imports: &Imports) -> TokenStream {
    let name = imports.item("value::Millis");
    let value = grouped(value);
    quote!(#name(#value))
}

/// `10_000`: a number as one reads it.
fn grouped(value: i64) -> Literal {
    let digits = value.unsigned_abs().to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) && digits.len() > 4 {
            text.push('_');
        }
        text.push(digit);
    }
    match text.parse() {
        Ok(literal) if value >= 0 => literal,
        _ => Literal::i64_unsuffixed(value),
    }
}

/// Whether windows follow the wall clock of the session: their time is an instant, not a local time.
pub fn is_instant(job: &Job, time: Time) -> bool {
    match time {
        Time::Event(id) => matches!(job.column(id).ty.kind, Kind::TimestampLtz(_)),
        Time::Processing => true,
    }
}

/// A border of the window of a result.
pub fn window_property(property: WindowProperty, time: Time) -> TokenStream {
    match (property, time) {
        (WindowProperty::Start, _) => quote!(result.window.start),
        (WindowProperty::End, _) => quote!(result.window.end),
        (WindowProperty::Rowtime, _) => quote!(result.time),
        (WindowProperty::Proctime, Time::Processing) => quote!(context.now),
        (WindowProperty::Proctime, Time::Event(_)) => quote!(None),
    }
}

/// A name for every operator of a job, from what it does and by which keys.
pub fn type_names(job: &Job) -> Vec<String> {
    let mut given = super::name::Names::default();
    job.operators
        .iter()
        .map(|operator| {
            let verb = match &operator.kind {
                StatefulKind::Window { shape, .. } => match shape {
                    WindowShape::Tumble { .. } => "Tumble",
                    WindowShape::Hop { .. } => "Hop",
                    WindowShape::Cumulate { .. } => "Cumulate",
                    WindowShape::Session { .. } => "Session",
                },
                StatefulKind::Group { .. } if operator.calls.is_empty() => "Distinct",
                StatefulKind::Group { .. } => "Group",
            };
            // Behind other words no name is one of those that camel keeps free.
            let word =
                |id: &ColumnId| super::name::camel(&format!("by_{}", job.column(*id).name)).split_off("By".len());
            let keys: Vec<String> = operator.keys.iter().map(word).collect();
            let wanted = match keys.as_slice() {
                [] => format!("{verb}All"),
                keys => format!("{verb}By{}", keys.join("And")),
            };
            given.unique(&wanted).replace('_', "")
        })
        .collect()
}
