//! How many records an application has read and written so far, asked of itself once a second.

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

const INTERVAL: Duration = Duration::from_secs(1);
/// An application that does not answer in time is busy; it is asked again.
const TIMEOUT: Duration = Duration::from_millis(500);

/// What is known about a running application.
#[derive(Clone)]
pub struct Status {
    address: SocketAddr,
    latest: Arc<Mutex<String>>,
}

impl Status {
    /// A place on this machine for an application to answer at; none if there is no free port.
    pub fn new() -> Option<Status> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).ok()?;
        Some(Status { address: listener.local_addr().ok()?, latest: Arc::default() })
    }

    /// What the application is told with `--listen`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Asks from now on.
    pub fn watch(&self) {
        let status = self.clone();
        thread::spawn(move || {
            loop {
                thread::sleep(INTERVAL);
                if let Some(line) = status.ask().as_ref().and_then(line) {
                    *status.latest.lock().unwrap_or_else(PoisonError::into_inner) = line;
                }
            }
        });
    }

    /// `1200 records read, 30 written`; empty at first.
    pub fn latest(&self) -> String {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn ask(&self) -> Option<Value> {
        let mut stream = TcpStream::connect_timeout(&self.address, TIMEOUT).ok()?;
        stream.set_read_timeout(Some(TIMEOUT)).ok()?;
        write!(stream, "GET /status HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
    }
}

/// The sums over all tables. What a SELECT shows is not written anywhere.
fn line(status: &Value) -> Option<String> {
    let sum = |group: &str, key: &str| {
        let tables = status.get(group).and_then(Value::as_object)?;
        let tables = tables.iter().filter(|(name, _)| !name.starts_with("SELECT "));
        Some(tables.filter_map(|(_, table)| table.get(key)?.as_u64()).sum::<u64>())
    };
    Some(format!("{} records read, {} written", sum("sources", "read")?, sum("sinks", "written")?))
}

/// A line on stderr with the latest counts, for a run that shows no rows.
pub fn bar() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    let style = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.set_message("running; Ctrl-C ends it");
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn counts_are_summed_over_tables() {
        let status = json!({
            "sources": { "a": { "read": 3, "rows": 3 }, "b": { "read": 4 }, "c": {} },
            "sinks": { "SELECT 1": { "written": 100 }, "t": { "written": 2 } },
        });
        assert_eq!(line(&status).unwrap(), "7 records read, 2 written");
        assert_eq!(line(&json!({})), None);
    }
}
