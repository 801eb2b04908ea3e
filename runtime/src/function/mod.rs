//! Scalar functions with Flink's exact semantics: pure, on values that are not NULL. Generated code lifts
//! them over NULL; functions that see NULL themselves (COALESCE, CONCAT_WS, three-valued logic) say so.
