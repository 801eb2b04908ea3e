//! cell 3, line 2: INSERT INTO results SELECT id, CASE WHEN reading >= 90 THEN 'hot' WHEN reading < 10 THEN 'cold' ...
//!
//! samples -> results

use crate::tables::results::{self, NewResults};
use crate::tables::samples::Samples;
use sqlc_runtime::error::{At, Origin, Result};
use sqlc_runtime::format::csv;
use sqlc_runtime::function::{cast, decimal, like, logic, numeric, text, time};
use sqlc_runtime::job::{SinkWriter, Wiring};
use sqlc_runtime::row::{self, Context, RowKind};
use sqlc_runtime::value::{Decimal, Millis};

/// One worker's part of samples -> results.
pub struct ResultsJob {
    sink: SinkWriter<csv::Encoder>,
}

impl ResultsJob {
    pub fn open(wiring: &mut Wiring) -> Result<Self> {
        Ok(ResultsJob {
            sink: wiring.sink(&results::TABLE, csv::Encoder::new)?,
        })
    }

    /// A row of `samples` on its way to `results`.
    pub fn samples(&mut self, row: &Samples<'_>, context: &Context<'_>) -> Result<()> {
        // cell 3, line 13: (reading > 0 OR reading IS NULL) AND price BETWEEN 1 AND 99.5 AND label NOT IN ('test', 'trial')
        if (row.reading.is_some_and(|reading| reading > 0.0_f64)
            || row.reading.is_none()) && row.price.unwrap_or_default() >= Decimal(100)
            && decimal::compare(row.price.unwrap_or_default(), 2, Decimal(995), 1).is_le()
            && row.label.map(|label| !["test", "trial"].contains(&label)) == Some(true)
        {
            // cell 3, line 5: CASE WHEN reading >= 90 THEN 'hot' WHEN reading < 10 THEN 'cold' ELSE COALESCE(label, 'mild') ...
            let grade = if row.reading.is_some_and(|reading| reading >= 90.0_f64) {
                "hot"
            } else if row.reading.is_some_and(|reading| reading < 10.0_f64) {
                "cold"
            } else {
                row.label.unwrap_or("mild")
            };
            // cell 3, line 6: price / 1.19
            let net = decimal::div(
                    row.price.unwrap_or_default(),
                    2,
                    Decimal(119),
                    2,
                    16,
                    6,
                )
                .at(Origin::new(3, 6))?
                .ok_or_else(|| row::null_for_not_null(Origin::new(3, 6), "EXPR$2"))?;
            // cell 3, line 7: id / 2
            let half = numeric::div(row.id.unwrap_or_default(), 2_i32).at(Origin::new(3, 7))?;
            // cell 3, line 8: CONCAT(UPPER(SUBSTRING(label, 1, 1)), '-', CAST(id AS STRING))
            let label = row
                .label
                .and_then(|label| text::substring(label, 1_i32, 1_i32))
                .map(|a| text::upper(context.arena, a))
                .map(|a| text::concat(
                    context.arena,
                    &[a, "-", cast::integer_to_text(context.arena, row.id.unwrap_or_default())],
                ));
            // cell 3, line 9: day_of - INTERVAL '1' DAY
            let yesterday = row
                .day_of
                .map(|day_of| time::date_minus_millis(day_of, Millis(86_400_000)));
            // cell 3, line 10: CAST(taken + INTERVAL '15' MINUTE AS TIMESTAMP(0))
            let quarter_hour = row
                .taken
                .map(|taken| time::plus_millis(taken, Millis(900_000)))
                .map(|a| cast::timestamp_to_timestamp(a, 0));
            // cell 3, line 11: MOD(id, 2) = 1 OR label LIKE 'odd%'
            let is_odd = match Some(
                numeric::modulo(row.id.unwrap_or_default(), 2_i32).at(Origin::new(3, 11))? == 1_i32,
            ) {
                Some(true) => Some(true),
                left => {
                    logic::or(
                        left,
                        match row.label {
                            Some(label) => {
                                Some(like::like(label, "odd%").at(Origin::new(3, 11))?)
                            }
                            None => None,
                        },
                    )
                }
            };
            // cell 3, line 4: id
            let id = i64::from(row.id.unwrap_or_default());
            // cell 3, line 6: price / 1.19
            let net = cast::decimal_to_decimal(net, 6, 12, 4)
                .ok_or_else(|| row::null_for_not_null(Origin::new(3, 6), "net"))?;
            // cell 3, line 8: CONCAT(UPPER(SUBSTRING(label, 1, 1)), '-', CAST(id AS STRING))
            let label = label.map(|label| cast::fit_varchar(label, 5));
            let output = NewResults {
                id,
                grade: Some(grade),
                net: Some(net),
                half: Some(half),
                label,
                yesterday,
                quarter_hour,
                is_odd,
            };
            self.sink.write(RowKind::Insert, &output)?;
        }
        Ok(())
    }
}
