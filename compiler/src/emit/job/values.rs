//! VALUES: the rows written out in a statement.

use super::input::{InputSource, Merge, input_sources};
use super::{File, NamedJob, quote_insert};
use crate::emit::name::{Names, ident, snake};
use crate::emit::scalar::{Scope, Value};
use crate::emit::vocabulary::Imports;
use crate::emit::{row, uses_ident};
use crate::stream::{OperatorId, Source};
use proc_macro2::TokenStream;
use quote::quote;

impl File<'_> {
    /// `fn values`: the rows of VALUES, and their end.
    pub(super) fn values_method(&self, job: &NamedJob<'_>, merges: &[Merge], imports: &Imports) -> TokenStream {
        let result = imports.item("error::Result");
        let body = self.values_body(job, imports);
        let is_read = |index| input_sources(job.job, OperatorId(index)).contains(&InputSource::Values);
        let advances = (0..job.operators.len()).any(is_read).then(|| {
            let watermark = imports.item("time::Watermark");
            self.advances(job, InputSource::Values, merges, &quote!(self.), &quote!(#watermark::END))
        });
        let run = job.is_stateful().then(|| quote!(self.run()?;));
        let context = uses_ident(&body, "context").then(|| {
            let context = imports.item("row::Context");
            quote!(, context: &#context<'_>)
        });
        quote! {
            /// The rows written out in the statement.
            pub fn values(&mut self, first: bool #context) -> #result<()> {
                if first {
                    #body
                }
                #advances
                #run
                Ok(())
            }
        }
    }

    pub(super) fn values_body(&self, job: &NamedJob<'_>, imports: &Imports) -> TokenStream {
        let mut body = TokenStream::new();
        for flow in &job.job.flows {
            let Source::Values { rows, columns } = &flow.from else { continue };
            for row in rows {
                let mut scope = Scope::new(imports, self.origins);
                let mut given = Names::default();
                let mut lets = TokenStream::new();
                for (id, scalar) in columns.iter().zip(row) {
                    let value = scope.value(scalar);
                    let name = given.unique(&snake(&job.aliases.name(job.job, *id)));
                    let variable = ident(&name);
                    let nullable = job.job.column(*id).ty.nullable;
                    let ty = row::optional(
                        row::rust_type(&job.job.column(*id).ty.kind, row::Storage::Borrowed, imports, &|_| quote!(())),
                        nullable,
                    );
                    let ty = elide(&ty);
                    let column = &job.job.column(*id).name;
                    let tokens = scope.for_column(value, nullable, column, scalar.span).with_nullability(nullable);
                    lets.extend(quote!(let #variable: #ty = #tokens;));
                    scope.bind(*id, Value::named(quote!(#variable), name, nullable));
                }
                let steps = self.steps(job, flow, scope, &quote!(self.), &quote_insert(imports), imports);
                body.extend(quote!({ #lets #steps }));
            }
        }
        body
    }
}

/// `&'a str` as `&str`, for types of variables.
fn elide(ty: &TokenStream) -> TokenStream {
    ty.to_string().replace("& 'a ", "& ").parse().expect("a type stays a type")
}
