//! An embedded Kinesis API: boto3, the AWS CLI and every SDK can talk to it as if it were the service, so
//! that nobody needs an AWS account to try or to test anything.
//!
//! The API itself is the library `ferrokinesis`; this crate gives it a thread, a port and a life cycle,
//! answers what the library leaves out ([`completion`]), and offers the calls that tools and tests make
//! without a client ([`LocalKinesis::create_stream`] and its neighbours). What streams are used for is
//! left to the callers.

mod completion;
mod journal;
mod server;
mod streams;
#[cfg(feature = "testing")]
pub mod testing;
mod turn;

pub use streams::StoredRecord;

use anyhow::Result;
use ferrokinesis::store::Store;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

/// How a local Kinesis is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// The address to listen on; only this machine by default.
    pub host: IpAddr,
    /// The port to listen on; 0 takes any free one.
    pub port: u16,
    /// The folder in which streams and records survive a restart; in memory only by default. Written once a
    /// second and at the end. Consumers for enhanced fan-out do not survive.
    pub persist: Option<PathBuf>,
    /// The region in the ARNs of the streams. Requests signed for any region are served.
    pub region: String,
    /// Whether shards refuse more than 1 MiB or 1,000 records a second, as the service does.
    pub enforce_limits: bool,
    /// How long a shard iterator lives; 5 minutes in the service.
    pub iterator_lifetime: Duration,
    /// Faults that a test asks for.
    #[cfg(feature = "testing")]
    pub faults: testing::Faults,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            persist: None,
            region: "us-east-1".to_owned(),
            enforce_limits: false,
            iterator_lifetime: Duration::from_secs(300),
            #[cfg(feature = "testing")]
            faults: testing::Faults::default(),
        }
    }
}

/// A running local Kinesis; it stops when dropped.
///
/// Its calls block and must not be made from inside an async runtime.
pub struct LocalKinesis {
    store: Store,
    server: server::Server,
}

impl LocalKinesis {
    /// Starts the API on its own thread and returns once it answers.
    ///
    /// Fails when the port is taken or the folder to persist in cannot be used.
    pub fn start(options: Options) -> Result<LocalKinesis> {
        let (server, store) = server::Server::start(options)?;
        Ok(LocalKinesis { store, server })
    }

    /// The URL that clients use: `http://127.0.0.1:4567`.
    pub fn endpoint(&self) -> String {
        self.server.endpoint()
    }

    /// The options that point a table of the Kinesis connector here, whatever it says itself.
    pub fn table_options(&self) -> [(&'static str, String); 2] {
        [("aws.endpoint", self.endpoint()), ("aws.credentials.provider", "AUTO".to_owned())]
    }

    /// Stops listening, lets running requests end and frees the port.
    pub fn shutdown(mut self) {
        self.server.stop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn start(persist: Option<&Path>) -> LocalKinesis {
        LocalKinesis::start(Options { persist: persist.map(Path::to_owned), ..Options::default() })
            .expect("a local Kinesis starts on a free port")
    }

    #[test]
    fn streams_are_created_once_and_keep_their_records() {
        let kinesis = start(None);
        kinesis.create_stream("input", 2).unwrap();
        kinesis.put_records("input", [("a", b"1".as_slice()), ("a", b"2")]).unwrap();
        kinesis.create_stream("input", 5).unwrap();
        assert_eq!(kinesis.streams(), ["input"]);
        assert_eq!(kinesis.open_shards("input").unwrap().len(), 2);
        let data: Vec<Vec<u8>> = kinesis.records("input").unwrap().into_iter().map(|record| record.data).collect();
        assert_eq!(data, [b"1", b"2"]);
        kinesis.delete_stream("input").unwrap();
        assert!(kinesis.streams().is_empty());
        kinesis.shutdown();
    }

    #[test]
    fn shards_split_and_merge() {
        let kinesis = start(None);
        kinesis.create_stream("input", 1).unwrap();
        kinesis.split_shard("input", "shardId-000000000000").unwrap();
        assert_eq!(kinesis.open_shards("input").unwrap(), ["shardId-000000000001", "shardId-000000000002"]);
        kinesis.merge_shards("input", "shardId-000000000001", "shardId-000000000002").unwrap();
        assert_eq!(kinesis.open_shards("input").unwrap(), ["shardId-000000000003"]);
        assert!(kinesis.split_shard("input", "shardId-000000000009").is_err());
    }

    #[test]
    fn persisted_streams_survive_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let kinesis = start(Some(folder.path()));
        kinesis.create_stream("input", 2).unwrap();
        kinesis.create_stream("gone", 1).unwrap();
        let records: Vec<(String, String)> = (0..3000).map(|n| (format!("k{}", n % 7), n.to_string())).collect();
        kinesis.put_records("input", records.iter().map(|(key, data)| (key.as_str(), data.as_bytes()))).unwrap();
        kinesis.split_shard("input", "shardId-000000000000").unwrap();
        kinesis.put_records("input", [("k0", b"last".as_slice())]).unwrap();
        let before = kinesis.records("input").unwrap();
        kinesis.shutdown();

        let kinesis = start(Some(folder.path()));
        kinesis.delete_stream("gone").unwrap();
        assert_eq!(kinesis.records("input").unwrap(), before);
        assert_eq!(kinesis.open_shards("input").unwrap().len(), 3);
        let again = records.iter().map(|(key, _)| (key.as_str(), b"again".as_slice()));
        kinesis.put_records("input", again).unwrap();
        let after = kinesis.records("input").unwrap();
        assert_eq!(after.len(), 6001);
        kinesis.shutdown();

        // Torn by a kill in the middle of a line.
        let path = folder.path().join("streams.jsonl");
        let mut text = std::fs::read(&path).unwrap();
        text.extend_from_slice(b"{\"records\": \"inp");
        std::fs::write(&path, text).unwrap();
        let kinesis = start(Some(folder.path()));
        assert_eq!(kinesis.streams(), ["input"]);
        assert_eq!(kinesis.records("input").unwrap(), after);
        for shard in ["shardId-000000000001", "shardId-000000000002", "shardId-000000000003"] {
            let of_shard: Vec<_> = after.iter().filter(|record| record.shard == shard).collect();
            let news = of_shard.iter().position(|record| record.data == b"again").unwrap();
            assert!(of_shard[news..].iter().all(|record| record.data == b"again"), "order goes on after a restart");
        }
    }

    #[test]
    fn a_taken_port_and_an_unusable_folder_are_said_clearly() {
        let kinesis = start(None);
        let port = kinesis.endpoint().rsplit(':').next().unwrap().parse().unwrap();
        let taken = LocalKinesis::start(Options { port, ..Options::default() }).err().unwrap().to_string();
        assert!(taken.contains(&format!("port {port} of 127.0.0.1 is taken")), "{taken}");

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, b"").unwrap();
        let unusable =
            LocalKinesis::start(Options { persist: Some(file), ..Options::default() }).err().unwrap().to_string();
        assert!(unusable.contains("to persist streams in"), "{unusable}");

        std::fs::write(folder.path().join("streams.jsonl"), b"{}\n").unwrap();
        let persisted = || Options { persist: Some(folder.path().to_owned()), ..Options::default() };
        let broken = format!("{:#}", LocalKinesis::start(persisted()).err().unwrap());
        assert!(broken.contains("cannot be loaded: line 1: a line is neither"), "{broken}");

        std::fs::write(folder.path().join("streams.jsonl"), b"").unwrap();
        let kinesis = LocalKinesis::start(persisted()).unwrap();
        let twice = LocalKinesis::start(persisted()).err().unwrap().to_string();
        assert!(twice.contains("another local Kinesis"), "{twice}");
        kinesis.shutdown();
    }

    #[test]
    fn an_illegal_name_is_refused() {
        let kinesis = start(None);
        let refused = kinesis.create_stream("my stream", 1).unwrap_err().to_string();
        assert!(refused.starts_with("'my stream' is not a stream name"), "{refused}");
        assert!(kinesis.create_stream("input", 0).is_err());
        assert!(kinesis.put_records("missing", [("a", b"1".as_slice())]).is_err());
    }
}
