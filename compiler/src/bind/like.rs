//! LIKE: what a table takes from another one.

use super::{Bind, QueryBinder, Reported};
use crate::catalog::ObjectKind;
use crate::diagnostic::Diagnostic;
use crate::plan::{ColumnId, ColumnSource, Expr, Scalar, Table};
use crate::syntax::{CreateTable, Like, LikeAction, LikeFeature};

/// What is said about a feature: by its own name, by ALL, or by Flink's default (INCLUDING, options OVERWRITING).
fn action(like: &Like, feature: LikeFeature) -> LikeAction {
    let said = |feature| like.options.iter().find(|option| option.feature == feature).map(|option| option.action);
    said(feature).or_else(|| said(LikeFeature::All)).unwrap_or(match feature {
        LikeFeature::Options => LikeAction::Overwriting,
        _ => LikeAction::Including,
    })
}

/// Whether the statement says that its own declarations replace inherited ones.
pub(super) fn overwrites(create: &CreateTable, feature: LikeFeature) -> bool {
    create.like.as_ref().is_some_and(|like| action(like, feature) == LikeAction::Overwriting)
}

impl QueryBinder<'_> {
    /// The part of the other table that is taken.
    pub(super) fn like_base(&mut self, like: &Like, create: &CreateTable) -> Bind<Table> {
        self.check_like(like)?;
        let object = self.object(&like.table)?;
        let base = match &object.kind {
            ObjectKind::Table(table) => table.clone(),
            ObjectKind::Broken { .. } => return Err(Reported),
            ObjectKind::View(_) => {
                let message = format!("`{}` is a view: a table cannot be LIKE it", like.table.text());
                return self.fail(Diagnostic::error("not-a-table", like.table.span, message));
            }
        };
        let takes = |feature| action(like, feature) != LikeAction::Excluding;
        let (generated, metadata) = (takes(LikeFeature::Generated), takes(LikeFeature::Metadata));
        let keeps = |source: &ColumnSource| match source {
            ColumnSource::Physical => true,
            ColumnSource::Computed(_) => generated,
            ColumnSource::Metadata { .. } => metadata,
        };
        // Columns that are left out move the others.
        let mut places: Vec<Option<usize>> = Vec::new();
        let mut kept = 0;
        for column in &base.columns {
            places.push(keeps(&column.source).then_some(kept));
            kept += usize::from(keeps(&column.source));
        }
        let mut table = (*base).clone();
        table.columns.retain(|column| keeps(&column.source));
        for column in &mut table.columns {
            if let ColumnSource::Computed(scalar) = &mut column.source {
                let name = column.name.clone();
                self.move_columns(scalar, &places, like, &name)?;
            }
        }
        table.watermark = match table.watermark.filter(|_| takes(LikeFeature::Watermarks)) {
            Some(mut watermark) => {
                let name = base.columns[watermark.column].name.clone();
                self.move_columns(&mut watermark.expression, &places, like, &name)?;
                match places[watermark.column] {
                    Some(place) => watermark.column = place,
                    None => return self.missing_for(like, &name),
                }
                Some(watermark)
            }
            None => None,
        };
        let move_all = |indexes: &[usize]| indexes.iter().filter_map(|&index| places[index]).collect();
        table.primary_key = if takes(LikeFeature::Constraints) { move_all(&base.primary_key) } else { Vec::new() };
        table.partitioned_by = if takes(LikeFeature::Partitions) { move_all(&base.partitioned_by) } else { Vec::new() };
        match action(like, LikeFeature::Options) {
            LikeAction::Excluding => table.options.clear(),
            LikeAction::Overwriting => {}
            LikeAction::Including => {
                let both = create.options.iter().find(|option| base.option(&option.key.value).is_some());
                if let Some(option) = both {
                    let message = format!("`{}` has an option '{}' already", like.table.text(), option.key.value);
                    let diagnostic = Diagnostic::error("duplicate-option", option.span(), message)
                        .help("write LIKE ... (OVERWRITING OPTIONS) or (EXCLUDING OPTIONS)");
                    return self.fail(diagnostic);
                }
            }
        }
        Ok(table)
    }

    /// What cannot be said of a feature, or is said twice.
    fn check_like(&mut self, like: &Like) -> Bind<()> {
        let mut failed = false;
        for (index, option) in like.options.iter().enumerate() {
            let overwritable = matches!(
                option.feature,
                LikeFeature::Generated | LikeFeature::Options | LikeFeature::Watermarks | LikeFeature::Metadata
            );
            let twice = like.options[..index].iter().any(|other| other.feature == option.feature);
            let message = if twice {
                "this is said twice"
            } else if option.action == LikeAction::Overwriting && !overwritable {
                "only GENERATED, METADATA, OPTIONS and WATERMARKS can be OVERWRITING"
            } else {
                continue;
            };
            failed |= self.fail::<()>(Diagnostic::error("bad-like", option.span, message)).is_err();
        }
        if failed { Err(Reported) } else { Ok(()) }
    }

    /// Brings an expression over the old columns to one over those that are kept.
    fn move_columns(&mut self, scalar: &mut Scalar, places: &[Option<usize>], like: &Like, name: &str) -> Bind<()> {
        let mut missing = false;
        scalar.for_each_column(&mut |id| missing |= places[id.0].is_none());
        if missing {
            return self.missing_for(like, name);
        }
        let moved = |id: ColumnId| {
            places[id.0].map(|place| (id, place)).filter(|(id, place)| id.0 != *place).map(|(_, place)| ColumnId(place))
        };
        move_ids(scalar, &moved);
        Ok(())
    }

    fn missing_for<T>(&mut self, like: &Like, name: &str) -> Bind<T> {
        let message = format!("`{name}` is taken over but needs a column that is left out");
        self.fail(Diagnostic::error("bad-like", like.span, message).help("leave both out, or none"))
    }
}

fn move_ids(scalar: &mut Scalar, moved: &impl Fn(ColumnId) -> Option<ColumnId>) {
    if let Expr::Column(id) = &mut scalar.expr {
        if let Some(place) = moved(*id) {
            *id = place;
        }
        return;
    }
    for child in scalar.children_mut() {
        move_ids(child, moved);
    }
}
