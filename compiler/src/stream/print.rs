//! The stream plan as text: per job its operators with key, state and changes, or the flows between them.

use super::{
    Changelog, Destination, Flow, Job, MiniBatch, OperatorId, Scan, Source, Stateful, StatefulKind, Step, StreamPlan,
    Target, Time,
};
use crate::plan::{AggregateCall, ColumnId, Length, Table};
use std::fmt;

impl fmt::Display for StreamPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for scan in &self.scans {
            write_scan(f, scan, &self.tables[scan.table.0])?;
        }
        for job in &self.jobs {
            f.write_str("\n")?;
            Printer { plan: self, job }.job(f)?;
        }
        Ok(())
    }
}

/// The flows of a plan with their fused steps: what becomes one loop each.
#[derive(Clone, Copy, Debug)]
pub struct Stages<'a>(&'a StreamPlan);

impl StreamPlan {
    /// As `sqlc explain --stage stages` shows it.
    pub fn stages(&self) -> Stages<'_> {
        Stages(self)
    }
}

impl fmt::Display for Stages<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, job) in self.0.jobs.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            let printer = Printer { plan: self.0, job };
            writeln!(f, "{}", printer.target())?;
            for flow in &job.flows {
                printer.flow(f, flow)?;
            }
        }
        Ok(())
    }
}

fn write_scan(f: &mut fmt::Formatter<'_>, scan: &Scan, table: &Table) -> fmt::Result {
    let columns: Vec<&str> = scan.reads.iter().map(|&index| table.columns[index].name.as_str()).collect();
    let connector = table.option("connector").unwrap_or("no connector");
    writeln!(f, "scan {} ({connector}) reads {}", table.name, columns.join(", "))?;
    let names = |id: ColumnId| table.columns[id.0].name.clone();
    match &table.watermark {
        Some(watermark) => {
            writeln!(
                f,
                "  watermark of {}: {}",
                names(ColumnId(watermark.column)),
                watermark.expression.display(&names)
            )
        }
        None => writeln!(f, "  no watermark"),
    }
}

struct Printer<'a> {
    plan: &'a StreamPlan,
    job: &'a Job,
}

impl Printer<'_> {
    fn job(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} gets {}", self.target(), self.job.changelog)?;
        for (index, operator) in self.job.operators.iter().enumerate() {
            self.operator(f, OperatorId(index), operator)?;
        }
        for (key, value) in &self.job.settings {
            writeln!(f, "  with {key} = {value}")?;
        }
        Ok(())
    }

    fn target(&self) -> String {
        match &self.job.target {
            Target::Insert { table, columns } => {
                format!("insert into {} ({})", self.plan.tables[table.0].name, self.names(columns))
            }
            Target::Select { columns } => format!("select {}", self.names(columns)),
        }
    }

    fn operator(&self, f: &mut fmt::Formatter<'_>, id: OperatorId, operator: &Stateful) -> fmt::Result {
        let from: Vec<String> = self.job.flows_into(id).map(|flow| self.source(&flow.from)).collect();
        let key = if operator.keys.is_empty() { "no key".to_owned() } else { self.names(&operator.keys) };
        writeln!(f, "  {}", self.title(id))?;
        writeln!(f, "    takes {} from {}", operator.changelog, from.join(", "))?;
        writeln!(f, "    key: {key}")?;
        let calls: Vec<String> = operator.calls.iter().map(|(id, call)| self.call(*id, call)).collect();
        if !calls.is_empty() {
            writeln!(f, "    computes {}", calls.join(", "))?;
        }
        match &operator.kind {
            StatefulKind::Window { time, properties, .. } => {
                let borders: Vec<String> =
                    properties.iter().map(|(id, property)| format!("{} = {property}", self.name(*id))).collect();
                if !borders.is_empty() {
                    writeln!(f, "    shows {}", borders.join(", "))?;
                }
                let until = match time {
                    Time::Event(_) => "the watermark passes the end of the window",
                    Time::Processing => "the clock passes the end of the window",
                };
                writeln!(f, "    state: per key and window, until {until}")?;
                writeln!(f, "    gives {}", Changelog::InsertOnly)
            }
            StatefulKind::Group { update_before, retention, mini_batch } => {
                match retention {
                    Some(millis) => {
                        let length = i64::try_from(*millis).unwrap_or(i64::MAX);
                        writeln!(f, "    state: per key, until it is untouched for {}", Length(length))?;
                    }
                    None => writeln!(f, "    state: per key, for ever")?,
                }
                if let Some(MiniBatch { latency, size, watermarks }) = mini_batch {
                    let marks = match watermarks {
                        None => String::new(),
                        Some(0) => " or the next watermark".to_owned(),
                        Some(interval) => format!(" or a watermark past the next {}", Length(*interval)),
                    };
                    let wait = Length(*latency);
                    writeln!(f, "    changes wait for {wait}, {size} rows{marks}: one a key")?;
                }
                if operator.two_phase {
                    writeln!(f, "    two phases: workers send each other partial results")?;
                }
                writeln!(f, "    gives {}", if *update_before { Changelog::Retract } else { Changelog::Upsert })
            }
        }
    }

    fn flow(&self, f: &mut fmt::Formatter<'_>, flow: &Flow) -> fmt::Result {
        let to = match flow.to {
            Destination::Operator(id) => self.title(id),
            Destination::Target => match &self.job.target {
                Target::Insert { table, .. } => self.plan.tables[table.0].name.clone(),
                Target::Select { .. } => "the user".to_owned(),
            },
        };
        writeln!(f, "  {} -> {to}", self.source(&flow.from))?;
        let names = |id: ColumnId| self.name(id);
        if let Source::Values { rows, columns } = &flow.from {
            for row in rows {
                let values: Vec<String> = row.iter().map(|value| value.display(&names).to_string()).collect();
                writeln!(f, "    ({}) as {}", values.join(", "), self.names(columns))?;
            }
        }
        for step in &flow.steps {
            match step {
                Step::Let(id, value) => {
                    let ty = &self.job.column(*id).ty;
                    writeln!(f, "    let {} {ty} = {}", self.name(*id), value.display(&names))?;
                }
                Step::Filter(predicate) => writeln!(f, "    filter {}", predicate.display(&names))?,
                Step::Windows(windows) => {
                    let time = self.time(windows.time);
                    writeln!(f, "    windows {} over {time}: {}", windows.shape, self.names(&windows.properties))?;
                }
            }
        }
        Ok(())
    }

    fn source(&self, source: &Source) -> String {
        match source {
            Source::Scan { scan, .. } => format!("scan {}", self.plan.tables[self.plan.scans[scan.0].table.0].name),
            Source::Values { .. } => "values".to_owned(),
            Source::Operator(id) => self.title(*id),
        }
    }

    /// What an operator is called; the number tells operators of one kind apart.
    fn title(&self, id: OperatorId) -> String {
        let number = id.0 + 1;
        match &self.job.operator(id).kind {
            StatefulKind::Window { shape, time, .. } => format!("{number}: {shape} over {}", self.time(*time)),
            StatefulKind::Group { .. } => format!("{number}: GROUP BY"),
        }
    }

    fn time(&self, time: Time) -> String {
        match time {
            Time::Event(column) => self.name(column),
            Time::Processing => "processing time".to_owned(),
        }
    }

    fn call(&self, id: ColumnId, call: &AggregateCall) -> String {
        let distinct = if call.distinct { "DISTINCT " } else { "" };
        let argument = call.argument.map_or_else(|| "*".to_owned(), |argument| self.name(argument));
        let filter = call.filter.map_or_else(String::new, |filter| format!(" FILTER {}", self.name(filter)));
        format!("{} = {}({distinct}{argument}){filter}", self.name(id), call.function)
    }

    fn names(&self, ids: &[ColumnId]) -> String {
        ids.iter().map(|id| self.name(*id)).collect::<Vec<_>>().join(", ")
    }

    /// The name with the id, which tells columns of one name apart.
    fn name(&self, id: ColumnId) -> String {
        format!("{}#{}", self.job.column(id).name, id.0)
    }
}

impl fmt::Display for Changelog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Changelog::InsertOnly => "new rows only [+I]",
            Changelog::Retract => "changes [+I, -U, +U, -D]",
            Changelog::Upsert => "changes by key [+I, +U, -D]",
        })
    }
}
