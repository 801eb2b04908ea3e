//! The plan as text, as `sqlc explain --stage plan` shows it and as tests compare it.
