//! A running application seen and told from outside: requests over a local socket or over HTTP become commands for the
//! job and answers about it. Both speak HTTP/1.1, so that `curl --unix-socket` is a client too.
//!
//! What a command does is left to the job, see [`commands`](super::commands); what there is to say to the status.

mod asked;
mod client;
mod http;
mod page;
mod routes;
mod server;
mod socket;
#[cfg(test)]
mod tests;
mod token;

pub use asked::{Asked, What, subcommands};
pub use client::{Client, Stopped};
pub use page::page;
pub(super) use routes::Routes;
pub(super) use server::Server;
pub(super) use socket::claim;
pub use socket::{Place, is_alive};
pub(super) use token::Token;
