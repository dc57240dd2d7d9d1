//! The all-in-one program `seriatim`.
