//! Stores that hosts share, with real PostgreSQL servers. Skipped if PostgreSQL is not installed.

mod access;
mod basics;
mod faults;
mod figures;
mod host;
mod outbox;
mod proxy;
mod server;
mod swarm;
