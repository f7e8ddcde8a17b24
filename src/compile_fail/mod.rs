//! What must not compile, as documentation tests. Each example has a twin that differs in one line
//! and does compile, so that the example fails for the reason it is meant to.

#![forbid(unsafe_code)]

mod editor;
mod managed;
mod observer;
mod reader;
mod writer;
