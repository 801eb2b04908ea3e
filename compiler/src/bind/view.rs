//! CREATE VIEW: the query is checked where it is declared and bound again wherever the view is read.

use super::Binder;
use crate::catalog::ObjectKind;
use crate::syntax::CreateView;
use std::rc::Rc;

impl Binder<'_> {
    pub(super) fn create_view(&mut self, create: &CreateView) {
        let Ok(name) = self.declared_name(&create.name) else { return };
        if !self.may_declare(name, create.temporary, create.if_not_exists, "view") {
            return;
        }
        let tables = (self.plan.tables.len(), self.tables.len());
        let bound = self.query_binder().view_query(create);
        // Nothing of the view is in the plan before someone reads it.
        self.plan.tables.truncate(tables.0);
        self.tables.truncate(tables.1);
        let kind = match bound {
            Ok(_) => ObjectKind::View(Rc::new(create.clone())),
            Err(_) => ObjectKind::Broken { is_view: true },
        };
        self.catalog.declare(&name.value, create.temporary, self.inherited, name.span, kind);
    }
}
