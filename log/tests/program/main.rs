//! The program `broadring-log`, as its users meet it.

mod cat;
mod looking;
mod program;
mod record;
mod refusals;
mod repair;
