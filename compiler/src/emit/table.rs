//! One file per table: its declaration, the row that is read and how it is decoded, the row that is written and how
//! it is encoded.

use super::codec::{self, Format, Method, Standard};
use super::name::{Names, camel, ident};
use super::origin::{Origins, one_line};
use super::row::{self, Field, Storage};
use super::scalar::{Scope, Value};
use super::vocabulary::Imports;
use super::wanted::Wanted;
use crate::plan::{CastMode, ColumnId, ColumnSource, Expr, Scalar, Table, TableColumn};
use crate::stream::Scan;
use crate::types::{Kind, MAX_LENGTH, Type};
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// A table with the names that generated code gives it.
#[derive(Clone, Debug)]
pub struct NamedTable {
    /// `sensor_data`: the module.
    pub module: String,
    /// `SensorData`: the row that is read.
    pub read_row: String,
    /// `NewSensorData`: the row that is written.
    pub written_row: String,
    /// The field of every column, whether it is used or not.
    pub fields: Vec<String>,
}

impl NamedTable {
    pub fn new(table: &Table, module: String) -> Self {
        let name = camel(&module);
        NamedTable {
            read_row: name.clone(),
            written_row: format!("New{name}"),
            fields: row::field_names(table.columns.iter().map(|column| column.name.as_str())),
            module,
        }
    }
}

/// How a table is read.
pub struct Read<'p> {
    pub scan: &'p Scan,
    /// Which of its rows; `None` if all are.
    pub wanted: Option<Wanted>,
}

impl Read<'_> {
    /// Whether a column is read only if the row is wanted.
    fn waits(&self, table: &Table, column: usize) -> bool {
        self.wanted.as_ref().is_some_and(|wanted| wanted.waits(table, column))
    }
}

/// The tokens of `src/tables/<table>.rs`, without its imports.
pub fn file(
    table: &Table,
    names: &NamedTable,
    read: Option<&Read<'_>>,
    is_written: bool,
    is_shown: bool,
    imports: &Imports,
    origins: &Origins<'_>,
) -> TokenStream {
    let rows = Rows::new(table, names, imports);
    let declaration = declaration(table, imports, origins);
    let is_read = read.is_some();
    let read = read.map(|read| read_row(table, names, read, &rows, imports, origins));
    let written = is_written.then(|| written_row(table, names, &rows, imports));
    let shown: &[Format] = if is_shown { &[Format::Print, Format::Json(Standard::Sql)] } else { &[] };
    let nested = rows.definitions(Format::of(table), is_read, shown);
    quote! {
        #declaration
        #read
        #written
        #nested
    }
}

/// `pub const TABLE: Table = ...`.
fn declaration(table: &Table, imports: &Imports, origins: &Origins<'_>) -> TokenStream {
    let table_type = imports.item("job::Table");
    let column_type = imports.item("connector::Column");
    let doc = format!(" {}: CREATE TABLE {} (...)", origins.place(table.span), one_line(&table.name));
    let name = &table.name;
    let columns = table.physical().map(|i| {
        let column = &table.columns[i];
        let (name, ty) = (&column.name, column.ty.to_string());
        quote!(#column_type::new(#name, #ty))
    });
    let keys = table.partitioned_by.iter().map(|&i| &table.columns[i].name);
    let options = table.options.iter().map(|option| {
        let (name, value) = (&option.name, &option.value);
        quote!((#name, #value))
    });
    let origin = origins.of(table.span, imports);
    quote! {
        #[doc = #doc]
        pub const TABLE: #table_type = #table_type {
            name: #name,
            columns: &[#(#columns),*],
            partition_keys: &[#(#keys),*],
            options: &[#(#options),*],
            origin: #origin,
        };
    }
}

fn read_row(
    table: &Table,
    names: &NamedTable,
    read: &Read<'_>,
    rows: &Rows<'_>,
    imports: &Imports,
    origins: &Origins<'_>,
) -> TokenStream {
    let name = ident(&names.read_row);
    let fields: Vec<(usize, Field)> = read
        .scan
        .reads
        .iter()
        .map(|&i| {
            let column = &table.columns[i];
            let mut ty = column.ty.clone();
            // A record may lack what is declared NOT NULL; `complete` refuses it.
            ty.nullable |= matches!(column.source, ColumnSource::Physical);
            let mut field = Field::new(&names.fields[i], ty);
            field.doc = Some(origins.comment(column.span));
            (i, field)
        })
        .collect();
    let lifetime = row::lifetime(fields.iter().map(|(_, field)| &field.ty));
    let declarations =
        fields.iter().map(|(_, field)| field.declaration(Storage::Borrowed, imports, &|kind| rows.name(kind)));
    let doc = format!(" The columns of `{}` that some statement reads.", one_line(&table.name));
    let decode = decode(table, &name, lifetime.as_ref(), &fields, read, rows, imports);
    let table_row = table_row(table, names, &name, lifetime.as_ref(), read, imports, origins);
    quote! {
        #[doc = #doc]
        #[derive(Clone, Copy, Debug, Default)]
        pub struct #name #lifetime { #(#declarations),* }

        #decode
        #table_row
    }
}

/// `impl json::Object`, `impl csv::Record` or `impl raw::Record`.
fn decode(
    table: &Table,
    name: &Ident,
    lifetime: Option<&TokenStream>,
    fields: &[(usize, Field)],
    how: &Read<'_>,
    rows: &Rows<'_>,
    imports: &Imports,
) -> TokenStream {
    let physical: Vec<usize> = table.physical().collect();
    let mut read: Vec<&(usize, Field)> =
        fields.iter().filter(|(i, _)| matches!(table.columns[*i].source, ColumnSource::Physical)).collect();
    read.sort_by_key(|(i, _)| how.waits(table, *i));
    let at_once = read.iter().filter(|(i, _)| !how.waits(table, *i)).count();
    let format = Format::of(table);
    let targets: Vec<(Ident, Kind)> =
        read.iter().map(|(_, field)| (field.ident.clone(), field.ty.kind.clone())).collect();
    match format {
        Format::Json(_) => {
            let keys: Vec<&str> = read.iter().map(|(i, _)| table.columns[*i].name.as_str()).collect();
            let at_once = how.wanted.as_ref().map(|_| at_once);
            json_object(name, lifetime, &keys, at_once, &targets, format, rows, imports)
        }
        Format::Csv => {
            let assignments = read.iter().map(|(i, field)| {
                let place = physical.iter().position(|column| column == i).expect("a physical column");
                let (place, column, field_name) =
                    (Literal::usize_unsuffixed(place), &table.columns[*i].name, &field.ident);
                let Method { name, arguments } = codec::reader(&field.ty.kind, format, &|kind| rows.name(kind));
                quote!(self.#field_name = line.column(#place, #column).#name(#(#arguments),*)?;)
            });
            let width = Literal::usize_unsuffixed(physical.len());
            let record = imports.function("format::csv::Record");
            let fields = imports.function("format::csv::Fields");
            let error = imports.function("format::csv::FieldError");
            let result = imports.item("error::Result");
            let argument = if read.is_empty() { quote!(_) } else { quote!(line) };
            quote! {
                impl<'a> #record<'a> for #name #lifetime {
                    const WIDTH: usize = #width;

                    fn read(&mut self, #argument: &mut #fields<'_, 'a>) -> #result<(), #error> {
                        #(#assignments)*
                        Ok(())
                    }
                }
            }
        }
        _ => {
            let record = imports.function("format::raw::Record");
            let value = imports.function("format::raw::Value");
            let error = imports.function("format::raw::FieldError");
            let result = imports.item("error::Result");
            let assignment = targets.first().map(|(ident, kind)| {
                let Method { name, arguments } = codec::reader(kind, format, &|kind| rows.name(kind));
                quote!(self.#ident = value.#name(#(#arguments),*)?;)
            });
            let value_argument = if targets.is_empty() { quote!(_) } else { quote!(value) };
            quote! {
                impl<'a> #record<'a> for #name #lifetime {
                    fn read(&mut self, #value_argument: &mut #value<'a>) -> #result<(), #error> {
                        #assignment
                        Ok(())
                    }
                }
            }
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "a struct of these would be used twice")]
fn json_object(
    name: &Ident,
    lifetime: Option<&TokenStream>,
    keys: &[&str],
    at_once: Option<usize>,
    targets: &[(Ident, Kind)],
    format: Format,
    rows: &Rows<'_>,
    imports: &Imports,
) -> TokenStream {
    let object = imports.function("format::json::Object");
    let value = imports.function("format::json::Value");
    let error = imports.function("format::json::FieldError");
    let result = imports.item("error::Result");
    let (column, argument) = if targets.is_empty() { (quote!(_), quote!(_)) } else { (quote!(column), quote!(value)) };
    let column = if targets.len() == 1 { quote!(_) } else { column };
    let body = assignments(targets, format, rows);
    let at_once = at_once.map(|columns| {
        let columns = Literal::usize_unsuffixed(columns);
        quote!(const AT_ONCE: usize = #columns;)
    });
    quote! {
        impl<'a> #object<'a> for #name #lifetime {
            const COLUMNS: &'static [&'static str] = &[#(#keys),*];
            #at_once

            #[inline(always)]
            fn read(&mut self, #column: usize, #argument: &mut #value<'_, 'a>) -> #result<(), #error> {
                #body
            }
        }
    }
}

/// `match column { 0 => self.status = value.text()?, ... } Ok(())`.
fn assignments(targets: &[(Ident, Kind)], format: Format, rows: &Rows<'_>) -> TokenStream {
    let assignment = |(ident, kind): &(Ident, Kind)| {
        let Method { name, arguments } = codec::reader(kind, format, &|kind| rows.name(kind));
        quote!(self.#ident = value.#name(#(#arguments),*)?)
    };
    match targets {
        [] => quote!(Ok(())),
        [only] => {
            let assignment = assignment(only);
            quote!(#assignment; Ok(()))
        }
        [targets @ .., last] => {
            let arms = targets.iter().enumerate().map(|(i, target)| {
                let (i, assignment) = (Literal::usize_unsuffixed(i), assignment(target));
                quote!(#i => #assignment,)
            });
            let last = assignment(last);
            quote! {
                match column {
                    #(#arms)*
                    _ => #last,
                }
                Ok(())
            }
        }
    }
}

/// Whether a column's values are names of folders, `key=value`, instead of fields of records.
pub fn in_folder_name(table: &Table, column: usize) -> bool {
    table.option("connector") == Some("filesystem") && table.partitioned_by.contains(&column)
}

/// The value of such a column, cast from the text in the variable `text`.
fn folder_value(table: &Table, column: usize, text: &Ident, scope: &mut Scope<'_>) -> Value {
    let TableColumn { ty, span, .. } = &table.columns[column];
    let id = ColumnId(table.columns.len() + column);
    scope.bind(id, Value::named(quote!(#text), text.to_string(), true));
    let kind = Kind::VarChar(MAX_LENGTH);
    let operand = Box::new(Scalar { expr: Expr::Column(id), ty: Type { kind, nullable: true }, span: *span });
    let ty = Type { kind: ty.kind.clone(), nullable: true };
    scope.value(&Scalar { expr: Expr::Cast { operand, mode: CastMode::Cast }, ty, span: *span })
}

/// `impl TableRow`: NOT NULL columns checked, metadata and computed columns filled, the watermark.
fn table_row(
    table: &Table,
    names: &NamedTable,
    name: &Ident,
    lifetime: Option<&TokenStream>,
    read: &Read<'_>,
    imports: &Imports,
    origins: &Origins<'_>,
) -> TokenStream {
    let scan = read.scan;
    let trait_name = imports.item("row::TableRow");
    let result = imports.item("error::Result");
    let mut scope = Scope::new(imports, origins);
    for &i in &scan.reads {
        scope.bind(ColumnId(i), read_column(table, names, i, &quote!(self)));
    }
    let mut body = TokenStream::new();
    for &i in &scan.reads {
        let column = &table.columns[i];
        let field = ident(&names.fields[i]);
        if in_folder_name(table, i) {
            let value = folder_value(table, i, &field, &mut scope).into_option();
            let key = &column.name;
            let comment = format!(" The folder's name says what {} is, whatever a record says.", one_line(key));
            body.extend(quote! {
                #[comment = #comment]
                let #field = provenance.partition(#key, context.arena);
                self.#field = #value;
            });
        }
        match &column.source {
            ColumnSource::Physical if !column.ty.nullable => {
                let missing = imports.function("row::missing_value");
                let origin = origins.of(column.span, imports);
                let name = &column.name;
                let wanted = read.waits(table, i).then(|| quote!(self.wanted() &&));
                body.extend(quote! {
                    if #wanted self.#field.is_none() {
                        return Err(#missing(#origin, #name));
                    }
                });
            }
            ColumnSource::Physical => {}
            ColumnSource::Metadata { key, .. } => {
                let method = format_ident!("{}", key.replace(['-', '.'], "_"));
                let value = Value::plain(quote!(provenance.#method()));
                let value = value.with_nullability(column.ty.nullable);
                body.extend(quote!(self.#field = #value;));
            }
            ColumnSource::Computed(scalar) => {
                let value = scope.value(scalar);
                let value = scope.for_column(value, column.ty.nullable, &column.name, column.span);
                let value = value.with_nullability(column.ty.nullable);
                let comment = format!(" {}", origins.comment(column.span));
                body.extend(quote!(#[comment = #comment] self.#field = #value;));
            }
        }
    }
    let complete = (!body.is_empty()).then(|| {
        let provenance_type = imports.item("row::Provenance");
        let context_type = imports.item("row::Context");
        let argument = |word: &str| {
            let word = ident(word);
            if super::uses_ident(&body, &word.to_string()) { quote!(#word) } else { quote!(_) }
        };
        let (provenance, context) = (argument("provenance"), argument("context"));
        quote! {
            fn complete(&mut self, #provenance: &#provenance_type<'a>, #context: &#context_type<'a>) -> #result<()> {
                #body
                Ok(())
            }
        }
    });
    let watermark = table.watermark.as_ref().map(|watermark| {
        let timestamp = imports.item("value::Timestamp");
        let comment = format!(" {}", origins.comment(watermark.span));
        let column = &table.columns[watermark.column];
        let origin = origins.of(watermark.span, imports);
        let name = &column.name;
        let value = scope.value(&watermark.expression);
        let tokens = value.tokens;
        let value = match value.nullable {
            true => {
                let rowtime = imports.function("row::rowtime");
                quote!(#rowtime(#tokens, #origin, #name))
            }
            false => quote!(Ok(#tokens)),
        };
        quote! {
            const HAS_WATERMARK: bool = true;

            #[doc = #comment]
            fn watermark(&self) -> #result<#timestamp> {
                #value
            }
        }
    });
    let wanted = read.wanted.as_ref().map(Wanted::method);
    quote! {
        impl<'a> #trait_name<'a> for #name #lifetime {
            #watermark
            #wanted
            #complete
        }
    }
}

/// A column of the row that is read, as an expression on `row` (or `self`).
pub fn read_column(table: &Table, names: &NamedTable, index: usize, row: &TokenStream) -> Value {
    let column = &table.columns[index];
    let name = &names.fields[index];
    let field = ident(name);
    let physical = matches!(column.source, ColumnSource::Physical);
    if physical && !column.ty.nullable {
        // `complete` has refused rows without it.
        return Value::plain(quote!(#row.#field.unwrap_or_default()));
    }
    Value::named(quote!(#row.#field), name.clone(), column.ty.nullable)
}

fn written_row(table: &Table, names: &NamedTable, rows: &Rows<'_>, imports: &Imports) -> TokenStream {
    let name = ident(&names.written_row);
    let fields: Vec<(usize, Field)> =
        table.persisted().map(|i| (i, Field::new(&names.fields[i], table.columns[i].ty.clone()))).collect();
    let lifetime = row::lifetime(fields.iter().map(|(_, field)| &field.ty));
    let anonymous = row::anonymous_lifetime(fields.iter().map(|(_, field)| &field.ty));
    let declarations =
        fields.iter().map(|(_, field)| field.declaration(Storage::Borrowed, imports, &|kind| rows.name(kind)));
    let doc = format!(" A row for `{}`.", one_line(&table.name));
    let columns: Vec<(String, Ident, Type)> = fields
        .iter()
        .map(|(i, field)| (table.columns[*i].name.clone(), field.ident.clone(), field.ty.clone()))
        .collect();
    let encode = encode(&name, anonymous.as_ref(), &columns, Format::of(table), imports);
    let partition = partition_key(table, names, &name, anonymous.as_ref(), imports);
    quote! {
        #[doc = #doc]
        #[derive(Clone, Copy, Debug)]
        pub struct #name #lifetime { #(#declarations),* }

        #encode
        #partition
    }
}

/// `impl json::Encode` and its like for a struct whose fields are these columns.
pub fn encode(
    name: &Ident,
    lifetime: Option<&TokenStream>,
    columns: &[(String, Ident, Type)],
    format: Format,
    imports: &Imports,
) -> TokenStream {
    if format == Format::None {
        let trait_name = imports.function("format::nothing::Encode");
        let fields = columns.iter().map(|(_, field, _)| field);
        return quote! {
            impl #trait_name for #name #lifetime {
                fn discard(&self) {
                    std::hint::black_box((#(self.#fields,)*));
                }
            }
        };
    }
    let writes = columns.iter().map(|(column, field, ty)| {
        let Method { name, arguments } = codec::writer(&ty.kind, format);
        let by_reference = matches!(ty.kind, Kind::Row(_)).then(|| match ty.nullable {
            true => quote!(.as_ref()),
            false => TokenStream::new(),
        });
        let borrow = (matches!(ty.kind, Kind::Row(_)) && !ty.nullable).then(|| quote!(&));
        match format {
            Format::Json(_) => {
                let key = sqlc_runtime::format::json::escape_key(column);
                let key_macro = imports.function("format::json::key");
                quote!(document.column(#key_macro!(#key)).#name(#borrow self.#field #by_reference #(, #arguments)*);)
            }
            _ => quote!(line.#name(#borrow self.#field #by_reference #(, #arguments)*);),
        }
    });
    let trait_name = imports.function(&format!("format::{}::Encode", format.module()));
    match format {
        Format::Json(_) => {
            let document = imports.function("format::json::Document");
            let argument = if columns.is_empty() { quote!(_) } else { quote!(document) };
            quote! {
                impl #trait_name for #name #lifetime {
                    fn encode(&self, #argument: &mut #document<'_>) {
                        #(#writes)*
                    }
                }
            }
        }
        _ => {
            let line = imports.function(&format!("format::{}::Line", format.module()));
            let argument = if columns.is_empty() { quote!(_) } else { quote!(line) };
            quote! {
                impl #trait_name for #name #lifetime {
                    fn encode(&self, #argument: &mut #line<'_>) {
                        #(#writes)*
                    }
                }
            }
        }
    }
}

fn partition_key(
    table: &Table,
    names: &NamedTable,
    name: &Ident,
    lifetime: Option<&TokenStream>,
    imports: &Imports,
) -> TokenStream {
    let trait_name = imports.item("row::PartitionKey");
    if table.partitioned_by.is_empty() {
        return quote!(impl #trait_name for #name #lifetime {});
    }
    let values = table.partitioned_by.iter().map(|&i| {
        let field = ident(&names.fields[i]);
        let column = &table.columns[i];
        let written = written_as_key(&column.ty.kind, &quote!(#field), imports);
        match (column.ty.nullable, written) {
            (true, None) => quote!(value(self.#field.as_ref().map(|#field| #field as _));),
            (true, Some(written)) => {
                quote!(value(self.#field.map(|#field| #written).as_ref().map(|#field| #field as _));)
            }
            (false, None) => quote!(value(Some(&self.#field));),
            (false, Some(_)) => {
                let written = written_as_key(&column.ty.kind, &quote!(self.#field), imports);
                quote!(value(Some(&#written));)
            }
        }
    });
    quote! {
        impl #trait_name for #name #lifetime {
            fn partition_key(&self, value: &mut dyn FnMut(Option<&dyn std::fmt::Display>)) -> bool {
                #(#values)*
                true
            }
        }
    }
}

/// A value as a part of a partition key, which is what Java's `toString` makes of Flink's inner form: days and
/// milliseconds are numbers there. `None` where Rust's own form is the same.
fn written_as_key(kind: &Kind, value: &TokenStream, imports: &Imports) -> Option<TokenStream> {
    let call = |path: &str| {
        let function = imports.function(path);
        Some(quote!(#function(#value)))
    };
    match kind {
        Kind::Decimal { scale, .. } => {
            let (print, scale) = (imports.function("value::decimal::print"), Literal::u8_unsuffixed(*scale));
            Some(quote!(#print(#value, #scale)))
        }
        Kind::Double => call("value::double::print"),
        Kind::Float => call("value::double::print_float"),
        Kind::Timestamp(_) | Kind::TimestampLtz(_) => call("value::print::timestamp"),
        Kind::Date | Kind::Time(_) | Kind::YearMonthInterval | Kind::DayTimeInterval => Some(quote!(#value.0)),
        _ => None,
    }
}

/// The struct that a table's file defines for a ROW kind of one of its columns, if it reads or writes such a column.
pub fn row_type_name(table: &Table, names: &NamedTable, kind: &Kind) -> Option<String> {
    let imports = Imports::default();
    let rows = Rows::new(table, names, &imports);
    for column in &table.columns {
        row::rust_type(&column.ty.kind, Storage::Borrowed, &imports, &|kind| rows.name(kind));
    }
    rows.known.borrow().get(&kind.to_string()).map(|(name, _)| name.to_string())
}

/// Names the ROW kinds in a kind by the path of fields that leads there.
fn name_rows(kind: &Kind, path: &str, given: &mut Names, names: &mut BTreeMap<String, String>) {
    match kind {
        Kind::Row(fields) => {
            names.entry(kind.to_string()).or_insert_with(|| given.unique(&camel(path)).replace('_', ""));
            for field in fields {
                name_rows(&field.ty.kind, &format!("{path}_{}", field.name), given, names);
            }
        }
        Kind::Array(element) | Kind::Multiset(element) => name_rows(&element.kind, path, given, names),
        Kind::Map(key, value) => {
            name_rows(&key.kind, &format!("{path}_key"), given, names);
            name_rows(&value.kind, path, given, names);
        }
        _ => {}
    }
}

/// The structs of ROW columns, each once.
pub struct Rows<'e> {
    table: &'e NamedTable,
    imports: &'e Imports,
    /// What every kind is called: `EventsUserAddress` for the field `address` of the column `user`.
    names: BTreeMap<String, String>,
    known: RefCell<BTreeMap<String, (Ident, Kind)>>,
}

impl<'e> Rows<'e> {
    fn new(declared: &Table, table: &'e NamedTable, imports: &'e Imports) -> Self {
        let mut names = BTreeMap::new();
        let mut given = Names::default();
        given.reserve(&table.read_row);
        given.reserve(&table.written_row);
        for column in &declared.columns {
            name_rows(&column.ty.kind, &format!("{}_{}", table.module, column.name), &mut given, &mut names);
        }
        Rows { table, imports, names, known: RefCell::default() }
    }

    /// The type of a ROW kind, with its lifetime.
    pub fn name(&self, kind: &Kind) -> TokenStream {
        let Kind::Row(fields) = kind else { return quote!(()) };
        let number = self.known.borrow().len();
        let mut known = self.known.borrow_mut();
        let (name, _) = known.entry(kind.to_string()).or_insert_with(|| {
            // A ROW that no column has comes from an expression.
            let name = self.names.get(&kind.to_string()).cloned();
            let name = name.unwrap_or_else(|| format!("{}Fields{}", self.table.read_row, number + 1));
            (ident(&name), kind.clone())
        });
        let lifetime = row::lifetime(fields.iter().map(|field| &field.ty));
        quote!(#name #lifetime)
    }

    /// Their definitions, those of nested ones included.
    fn definitions(&self, format: Format, decoded: bool, encoded: &[Format]) -> TokenStream {
        let mut written = Vec::new();
        let mut all = TokenStream::new();
        loop {
            let next = self
                .known
                .borrow()
                .iter()
                .find(|(key, _)| !written.contains(*key))
                .map(|(key, (name, kind))| (key.clone(), name.clone(), kind.clone()));
            let Some((key, name, Kind::Row(fields))) = next else { return all };
            let doc = format!(" {}", one_line(&key));
            written.push(key);
            let idents = row::field_names(fields.iter().map(|field| field.name.as_str()));
            let declared: Vec<Field> = fields
                .iter()
                .zip(&idents)
                .map(|(field, name)| Field::new(name, Type { nullable: true, ..field.ty.clone() }))
                .collect();
            let lifetime = row::lifetime(declared.iter().map(|field| &field.ty));
            let anonymous = row::anonymous_lifetime(declared.iter().map(|field| &field.ty));
            let declarations = declared
                .iter()
                .map(|field| field.declaration(Storage::Borrowed, self.imports, &|kind| self.name(kind)));
            let targets: Vec<(Ident, Kind)> =
                declared.iter().map(|field| (field.ident.clone(), field.ty.kind.clone())).collect();
            let keys: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
            let decode = (decoded && matches!(format, Format::Json(_)))
                .then(|| json_object(&name, lifetime.as_ref(), &keys, None, &targets, format, self, self.imports));
            let columns: Vec<(String, Ident, Type)> = fields
                .iter()
                .zip(&declared)
                .map(|(field, declared)| (field.name.clone(), declared.ident.clone(), declared.ty.clone()))
                .collect();
            let encode =
                encoded.iter().map(|format| encode(&name, anonymous.as_ref(), &columns, *format, self.imports));
            all.extend(quote! {
                #[doc = #doc]
                #[derive(Clone, Copy, Debug, Default, PartialEq)]
                pub struct #name #lifetime { #(#declarations),* }

                #decode
                #(#encode)*
            });
        }
    }
}
