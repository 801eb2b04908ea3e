//! The rows of a SELECT on stdout: as changes in Flink's print form, or as JSON objects.

/// How rows of SELECTs are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SelectForm {
    /// `+I[OK, 12, 70.5]`, one line a change.
    #[default]
    Changelog,
    /// `{"op":"+I","statement":2,"row":{"status":"OK","num":12}}`, one line a change.
    Json,
}
