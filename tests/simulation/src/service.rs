//! Kinesis as a value: streams whose shards split and merge, calls that are throttled, fail, arrive late, or whose
//! answers are lost, iterators that expire. What the service says is in the words of its API reference.

use super::chance::Chance;
use sqlc_kinesis::simulation::serde_json::{Value, json};
use sqlc_kinesis::simulation::{Answer, Fate, Service, base64, bytes};
use sqlc_runtime::time::Clock;
use std::collections::BTreeMap;
use std::time::Duration;

/// After how long an iterator expires, in microseconds: 5 minutes, as the API reference says.
const ITERATOR_MICROS: i64 = 300_000_000;

/// The service.
pub struct Kinesis {
    clock: Clock,
    chance: Chance,
    streams: BTreeMap<String, Stream>,
    /// One call in so many goes wrong; 0 for none.
    failing: u64,
    /// How many records were read and written.
    moved: usize,
}

/// How far reading a shard has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Passed {
    /// The records before this one.
    Until(u64),
    All,
}

impl Passed {
    /// What a checkpoint says of a shard: `finished` or `after=SEQUENCE`, and more.
    pub fn read(state: &str) -> Option<Self> {
        let first = state.split(' ').next()?;
        match first.strip_prefix("after=") {
            Some(sequence) => sequence.get(2..)?.parse().ok().map(Passed::Until),
            None => (first == "finished").then_some(Passed::All),
        }
    }
}

/// A stream.
#[derive(Default)]
pub struct Stream {
    shards: Vec<Shard>,
    /// How many sequence numbers were given out, which go up over all shards.
    sequences: u64,
}

struct Shard {
    parents: Vec<usize>,
    /// The hash keys of its records.
    first: u128,
    last: u128,
    began: u64,
    closed: Option<u64>,
    records: Vec<Record>,
    /// How many of the records have left the stream, from the first.
    trimmed: usize,
    /// The shard itself has.
    is_gone: bool,
}

struct Record {
    sequence: u64,
    /// In microseconds.
    arrival: i64,
    key: String,
    data: Vec<u8>,
}

impl Stream {
    /// A stream of so many shards.
    pub fn new(shards: u64) -> Self {
        let mut stream = Stream::default();
        let width = u128::MAX / u128::from(shards);
        for number in 0..shards {
            let first = width * u128::from(number);
            let last = if number + 1 == shards { u128::MAX } else { first + width - 1 };
            stream.open(Vec::new(), first, last);
        }
        stream
    }

    fn next_sequence(&mut self) -> u64 {
        self.sequences += 1;
        self.sequences
    }

    fn open(&mut self, parents: Vec<usize>, first: u128, last: u128) {
        let began = self.next_sequence();
        self.shards.push(Shard {
            parents,
            first,
            last,
            began,
            closed: None,
            records: Vec::new(),
            trimmed: 0,
            is_gone: false,
        });
    }

    fn close(&mut self, shard: usize) {
        self.shards[shard].closed = Some(self.next_sequence());
    }

    /// Puts a record into the shard of its key.
    pub fn put(&mut self, key: &str, data: Vec<u8>, arrival: i64) -> usize {
        let hash = hash(key);
        let shard =
            self.shards.iter().position(|shard| shard.closed.is_none() && (shard.first..=shard.last).contains(&hash));
        let shard = shard.expect("open shards cover all keys");
        let sequence = self.next_sequence();
        self.shards[shard].records.push(Record { sequence, arrival, key: key.to_owned(), data });
        shard
    }

    /// Puts the same record into every open shard.
    pub fn put_everywhere(&mut self, data: &[u8], arrival: i64) {
        for shard in 0..self.shards.len() {
            if self.shards[shard].closed.is_none() {
                let sequence = self.next_sequence();
                let record = Record { sequence, arrival, key: "everywhere".to_owned(), data: data.to_owned() };
                self.shards[shard].records.push(record);
            }
        }
    }

    /// Splits a shard, or merges one with its neighbour.
    pub fn reshard(&mut self, chance: &Chance) {
        let mut open: Vec<usize> =
            (0..self.shards.len()).filter(|shard| self.shards[*shard].closed.is_none()).collect();
        open.sort_by_key(|shard| self.shards[*shard].first);
        let at = usize::try_from(chance.below(open.len() as u64)).unwrap_or(0);
        let (shard, neighbour) = (open[at], open.get(at + 1));
        let (first, last) = (self.shards[shard].first, self.shards[shard].last);
        self.close(shard);
        match neighbour {
            Some(neighbour) if open.len() > 4 || chance.one_in(2) => {
                self.close(*neighbour);
                let last = self.shards[*neighbour].last;
                self.open(vec![shard, *neighbour], first, last);
            }
            _ => {
                let middle = first + (last - first) / 2;
                self.open(vec![shard], first, middle);
                self.open(vec![shard], middle + 1, last);
            }
        }
    }

    /// What every position has passed leaves the stream: a finished shard, or the records before this sequence number.
    pub fn trim(&mut self, shard: &str, position: Passed) {
        let number = shard.rsplit('-').next().and_then(|digits| digits.parse::<usize>().ok());
        let Some(shard) = number.and_then(|number| self.shards.get_mut(number)) else { return };
        match position {
            Passed::All => shard.is_gone = true,
            Passed::Until(sequence) => {
                shard.trimmed = shard.trimmed.max(shard.records.partition_point(|record| record.sequence < sequence));
            }
        }
    }

    /// Every record, as `KEY DATA`.
    pub fn records(&self) -> impl Iterator<Item = String> {
        let records = self.shards.iter().flat_map(|shard| &shard.records);
        records.map(|record| format!("{} {}", record.key, String::from_utf8_lossy(&record.data)))
    }

    fn described(&self, shard: usize) -> Value {
        let Shard { parents, first, last, began, closed, .. } = &self.shards[shard];
        let mut described = json!({
            "ShardId": id(shard),
            "HashKeyRange": { "StartingHashKey": first.to_string(), "EndingHashKey": last.to_string() },
            "SequenceNumberRange": { "StartingSequenceNumber": number(*began) },
        });
        if let Some(closed) = closed {
            described["SequenceNumberRange"]["EndingSequenceNumber"] = number(*closed).into();
        }
        for (name, parent) in ["ParentShardId", "AdjacentParentShardId"].into_iter().zip(parents) {
            described[name] = id(*parent).into();
        }
        described
    }
}

fn id(shard: usize) -> String {
    format!("shardId-{shard:012}")
}

fn number(sequence: u64) -> String {
    format!("49{sequence:020}")
}

/// The service takes MD5; any other spread does.
fn hash(key: &str) -> u128 {
    let step = |hash: u128, byte: u8| (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013B);
    key.bytes().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, step)
}

impl Kinesis {
    pub fn new(clock: Clock, chance: Chance) -> Self {
        Kinesis { clock, chance, streams: BTreeMap::new(), failing: 0, moved: 0 }
    }

    /// From now on one call in so many goes wrong; with 0 none does.
    pub fn fail_one_in(&mut self, failing: u64) {
        self.failing = failing;
    }

    /// How many records were read and written so far.
    pub fn moved(&self) -> usize {
        self.moved
    }

    pub fn stream(&mut self, name: &str) -> &mut Stream {
        self.streams.entry(name.to_owned()).or_insert_with(|| Stream::new(1))
    }

    fn now(&self) -> i64 {
        self.clock.monotonic().0
    }

    fn get_shard_iterator(&mut self, request: &Value) -> Result<Value, &'static str> {
        let now = self.now();
        let (name, stream) = self.asked(request)?;
        let number = request["ShardId"].as_str().and_then(|id| id.rsplit('-').next()?.parse::<usize>().ok());
        let is_there = |number: &usize| stream.shards.get(*number).is_some_and(|shard| !shard.is_gone);
        let number = number.filter(is_there).ok_or("ResourceNotFoundException")?;
        let Shard { records, trimmed, .. } = &stream.shards[number];
        let at = match request["ShardIteratorType"].as_str() {
            Some("TRIM_HORIZON") => *trimmed,
            Some("LATEST") => records.len(),
            Some("AFTER_SEQUENCE_NUMBER") => {
                let sequence =
                    request["StartingSequenceNumber"].as_str().and_then(|text| text[2..].parse::<u64>().ok());
                let sequence = sequence.ok_or("InvalidArgumentException")?;
                records.partition_point(|record| record.sequence <= sequence).max(*trimmed)
            }
            _ => return Err("InvalidArgumentException"),
        };
        Ok(json!({ "ShardIterator": format!("{name} {number} {at} {}", now + ITERATOR_MICROS) }))
    }

    fn get_records(&mut self, request: &Value) -> Result<Value, &'static str> {
        let now = self.now();
        let iterator = request["ShardIterator"].as_str().unwrap_or_default().to_owned();
        let parts: Vec<&str> = iterator.split(' ').collect();
        let [name, shard, at, expires] = parts[..] else { return Err("InvalidArgumentException") };
        let number = |text: &str| text.parse::<usize>().map_err(|_| "InvalidArgumentException");
        let (number, at) = (number(shard)?, number(at)?);
        if expires.parse::<i64>().is_ok_and(|expires| expires < now) {
            return Err("ExpiredIteratorException");
        }
        let most = usize::try_from(self.chance.between(1, 30)).unwrap_or(1);
        let stream = self.streams.get(name).ok_or("ResourceNotFoundException")?;
        let shard = &stream.shards[number];
        let brought: Vec<&Record> = shard.records[at..].iter().take(most).collect();
        let next = at + brought.len();
        let behind = shard.records.get(next).map_or(0, |record| (now - record.arrival) / 1000 + 1);
        let records: Vec<Value> = brought
            .iter()
            .map(|record| {
                json!({
                    "SequenceNumber": number_of(record),
                    "ApproximateArrivalTimestamp": record.arrival as f64 / 1e6,
                    "Data": base64(&record.data),
                    "PartitionKey": record.key,
                })
            })
            .collect();
        let mut answer = json!({ "Records": records, "MillisBehindLatest": behind });
        if shard.closed.is_some() && next == shard.records.len() {
            let is_child = |child: &usize| stream.shards[*child].parents.contains(&number);
            let children = (0..stream.shards.len()).filter(is_child).map(|child| {
                let parents: Vec<String> = stream.shards[child].parents.iter().map(|parent| id(*parent)).collect();
                json!({
                    "ShardId": id(child),
                    "ParentShards": parents,
                    "HashKeyRange": stream.described(child)["HashKeyRange"],
                })
            });
            answer["ChildShards"] = children.collect::<Vec<_>>().into();
        } else {
            answer["NextShardIterator"] = format!("{name} {number} {next} {}", now + ITERATOR_MICROS).into();
        }
        self.moved += next - at;
        Ok(answer)
    }

    fn put_records(&mut self, request: &Value) -> Result<Value, &'static str> {
        let (now, refuses) = (self.now(), self.goes_wrong());
        let chance = self.chance.clone();
        let (_, stream) = self.asked(request)?;
        let mut failed = 0;
        let mut answers = Vec::new();
        for record in request["Records"].as_array().into_iter().flatten() {
            if refuses && chance.one_in(2) {
                failed += 1;
                let code = ["ProvisionedThroughputExceededException", "InternalFailure"][usize::from(chance.one_in(3))];
                answers.push(json!({ "ErrorCode": code, "ErrorMessage": "Not now." }));
                continue;
            }
            let (key, data) = (
                record["PartitionKey"].as_str().unwrap_or_default(),
                bytes(record["Data"].as_str().unwrap_or_default()),
            );
            let shard = stream.put(key, data, now);
            answers.push(json!({ "SequenceNumber": number(stream.sequences), "ShardId": id(shard) }));
        }
        self.moved += answers.len();
        Ok(json!({ "FailedRecordCount": failed, "Records": answers }))
    }

    /// The stream that a request is about.
    fn asked(&mut self, request: &Value) -> Result<(String, &mut Stream), &'static str> {
        let name = request["StreamName"].as_str().unwrap_or_default().to_owned();
        self.streams.get_mut(&name).map(|stream| (name, stream)).ok_or("ResourceNotFoundException")
    }

    fn goes_wrong(&self) -> bool {
        self.chance.one_in(self.failing)
    }
}

fn number_of(record: &Record) -> String {
    number(record.sequence)
}

impl Service for Kinesis {
    fn fate(&mut self, _: &str) -> Fate {
        let quick = || Some(Duration::from_micros(self.chance.below(20_000)));
        let odd = || match self.chance.below(3) {
            0 => None,
            1 => Some(Duration::from_millis(self.chance.below(20_000))),
            _ => quick(),
        };
        match self.goes_wrong() {
            false => Fate { there: quick(), back: quick() },
            true => Fate { there: odd(), back: odd() },
        }
    }

    fn answer(&mut self, operation: &str, request: &Value) -> Answer {
        let refused =
            |status, code: &str| Answer { status, body: json!({ "__type": code, "message": "In a simulation." }) };
        if self.goes_wrong() {
            return match self.chance.below(4) {
                0 => refused(500, "InternalFailure"),
                1 if operation == "GetRecords" => refused(400, "ExpiredIteratorException"),
                2 if operation == "ListShards" => refused(400, "LimitExceededException"),
                _ => refused(400, "ProvisionedThroughputExceededException"),
            };
        }
        let answered = match operation {
            "ListShards" => {
                // As many as there are come at once, or page by page.
                let (page, token) = (self.chance.between(1, 5), request["NextToken"].as_str().map(str::to_owned));
                let token =
                    token.unwrap_or_else(|| format!("{} 0", request["StreamName"].as_str().unwrap_or_default()));
                self.list_shards(&token, usize::try_from(page).unwrap_or(1))
            }
            "DescribeStreamSummary" => Ok(json!({ "StreamDescriptionSummary": {
                "StreamName": request["StreamName"], "StreamARN": "arn:aws:kinesis:us-east-1:000000000000:stream/s",
                "StreamStatus": "ACTIVE", "RetentionPeriodHours": 24, "StreamCreationTimestamp": 0,
                "EnhancedMonitoring": [], "OpenShardCount": 1,
            }})),
            "GetShardIterator" => self.get_shard_iterator(request),
            "GetRecords" => self.get_records(request),
            "PutRecords" => self.put_records(request),
            _ => Err("UnknownOperationException"),
        };
        match answered {
            Ok(body) => Answer { status: 200, body },
            Err(code) => refused(400, code),
        }
    }
}

impl Kinesis {
    fn list_shards(&self, token: &str, page: usize) -> Result<Value, &'static str> {
        let (name, from) = token.split_once(' ').ok_or("ExpiredNextTokenException")?;
        let from: usize = from.parse().map_err(|_| "ExpiredNextTokenException")?;
        let stream = self.streams.get(name).ok_or("ResourceNotFoundException")?;
        let end = (from + page).min(stream.shards.len());
        let is_there = |shard: &usize| !stream.shards[*shard].is_gone;
        let shards: Vec<Value> = (from..end).filter(is_there).map(|shard| stream.described(shard)).collect();
        let mut answer = json!({ "Shards": shards });
        if end < stream.shards.len() {
            answer["NextToken"] = format!("{name} {end}").into();
        }
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlc_runtime::value::Timestamp;

    #[test]
    fn shards_cover_all_keys_whatever_becomes_of_them() {
        let chance = Chance::new(7);
        let mut stream = Stream::new(2);
        for number in 0..100 {
            stream.put(&format!("key-{number}"), vec![], 0);
            stream.reshard(&chance);
        }
        let mut open: Vec<&Shard> = stream.shards.iter().filter(|shard| shard.closed.is_none()).collect();
        open.sort_by_key(|shard| shard.first);
        assert_eq!((open[0].first, open[open.len() - 1].last), (0, u128::MAX));
        assert!(open.windows(2).all(|pair| pair[0].last + 1 == pair[1].first));
        assert_eq!(stream.records().count(), 100);
    }

    #[test]
    fn a_shard_is_read_to_its_end_and_names_its_children() {
        let clock = Clock::simulated(Timestamp(0));
        let mut service = Kinesis::new(clock.clone(), Chance::new(1));
        let stream = service.stream("s");
        stream.put("k", b"{}".to_vec(), 0);
        stream.reshard(&Chance::new(1));
        let request = json!({ "StreamName": "s", "ShardId": id(0), "ShardIteratorType": "TRIM_HORIZON" });
        let iterator = service.answer("GetShardIterator", &request).body["ShardIterator"].clone();
        let answer = service.answer("GetRecords", &json!({ "ShardIterator": iterator })).body;
        assert_eq!(answer["Records"][0]["Data"], "e30=");
        assert_eq!(answer["ChildShards"].as_array().unwrap().len(), 2);
        assert!(answer.get("NextShardIterator").is_none());
        clock.pass(Duration::from_secs(301));
        let late = service.answer("GetRecords", &json!({ "ShardIterator": iterator }));
        assert_eq!((late.status, &late.body["__type"]), (400, &"ExpiredIteratorException".into()));
    }
}
