//! Stores that hosts share, with real PostgreSQL servers. Skipped if PostgreSQL is not installed.

mod basics;
mod host;
mod server;
