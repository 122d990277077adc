//! The database of a store that several hosts share. It holds the truth: the rows of a run in their order, and what was
//! amended. This module connects and asks; `append` keeps the mirror, which is an ordinary log, and makes every rule.

mod address;
mod password;
mod run;
mod running;
mod schema;
mod session;
mod tls;

pub use self::{
    address::strip_password,
    run::{Access, Amendment, Head, NewRun, Row, Run, create_or_join},
    running::Announced,
    session::Session,
};
