//! The program, as somebody uses it: what it prints, what it says, and with which code it ends.

mod demo;
mod embedded;
mod looking;
mod refusals;
mod running;
mod shipping;
mod stopping;
