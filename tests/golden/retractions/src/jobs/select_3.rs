//! cell 3, line 3: SELECT voters, COUNT(*) AS parties, MIN(best) AS lightest, SUM(total) AS total FROM ( SELECT ...
//!
//! votes -> GroupByParty -> GroupByCount -> the user

use crate::tables::votes::Votes;
use sqlc_runtime::checkpoint::Visit;
use sqlc_runtime::error::{Origin, Result};
use sqlc_runtime::exchange::{Keyed, Message};
use sqlc_runtime::format::{json, print};
use sqlc_runtime::job::{SelectWriter, Wiring};
use sqlc_runtime::operator::Aggregation;
use sqlc_runtime::operator::accumulator::{
    Count, Distinct, Max, RetractableMin, RetractableSum, Sum,
};

use sqlc_runtime::operator::group::{GroupAggregate, GroupOutput};
use sqlc_runtime::row::{Codec, RowKind};
use sqlc_runtime::time::Watermark;
use sqlc_runtime::value::{Decimal, Millis, Text, Timestamp};

/// One worker's part of votes -> GroupByParty -> GroupByCount -> the user.
pub struct Select3Job {
    group_by_party: Keyed<GroupAggregate<GroupByParty>>,
    group_by_count: Keyed<GroupAggregate<GroupByCount>>,
    rows: SelectWriter,
}

impl Select3Job {
    pub fn open(wiring: &mut Wiring) -> Result<Self> {
        Ok(Select3Job {
            group_by_party: wiring.keyed(
                "GroupByParty",
                Origin::new(3, 5),
                GroupAggregate::new().retain(Millis(3_600_000)),
            ),
            group_by_count: wiring.keyed(
                "GroupByCount",
                Origin::new(3, 3),
                GroupAggregate::new().retain(Millis(3_600_000)),
            ),
            rows: wiring.select(1)?,
        })
    }

    /// A row of `votes` on its way to GroupByParty.
    pub fn votes(&mut self, row: &Votes<'_>) -> Result<()> {
        let input = GroupByPartyInput {
            party: row.party,
            voter: row.voter,
            weight: row.weight,
        };
        self.group_by_party.add(RowKind::Insert, &input)
    }

    pub fn votes_watermark(&mut self, watermark: Watermark) -> Result<()> {
        self.group_by_party.advance(watermark)?;
        self.run()
    }

    /// What the job remembers, upstream first.
    pub fn stateful(&mut self, visit: &mut Visit<'_>) -> Result<()> {
        visit(&mut self.group_by_party)?;
        visit(&mut self.group_by_count)
    }

    /// Hands on what the operators have to say, upstream first.
    pub fn run(&mut self) -> Result<()> {
        self.run_group_by_party()?;
        self.run_group_by_count()
    }

    pub fn tick(&mut self, now: Timestamp) -> Result<()> {
        self.group_by_party.tick(now)?;
        self.run()?;
        self.group_by_count.tick(now)?;
        self.run()?;
        Ok(())
    }

    pub fn receive_group_by_party(&mut self, from: usize, message: &Message) -> Result<()> {
        self.group_by_party.receive(from, message)?;
        self.run()
    }

    /// GroupByParty -> GroupByCount
    #[inline(never)]
    fn run_group_by_party(&mut self) -> Result<()> {
        let Self { group_by_party, group_by_count, .. } = self;
        group_by_party.drain(|_, change| {
            let input = GroupByCountInput {
                count: change.row.voters,
                max: change.row.max,
                sum: change.row.sum,
            };
            group_by_count.add(change.kind, &input)
        })?;
        group_by_count.advance(group_by_party.watermark())
    }

    pub fn receive_group_by_count(&mut self, from: usize, message: &Message) -> Result<()> {
        self.group_by_count.receive(from, message)?;
        self.run()
    }

    /// GroupByCount -> the user
    #[inline(never)]
    fn run_group_by_count(&mut self) -> Result<()> {
        let Self { group_by_count, rows, .. } = self;
        group_by_count.drain(|_, change| {
            // cell 3, line 10: COUNT(*) > 1
            if change.row.parties > 1_i64 {
                let output = Select3Row {
                    voters: change.row.count,
                    parties: change.row.parties,
                    lightest: change.row.lightest,
                    total: change.row.total,
                };
                rows.write(change.kind, &output)?;
            }
            Ok(())
        })
    }
}

/// A row of the SELECT in cell 3.
#[derive(Clone, Copy, Debug)]
pub struct Select3Row {
    pub voters: i64,
    pub parties: i64,
    pub lightest: Option<Decimal>,
    pub total: Option<Decimal>,
}

impl print::Encode for Select3Row {
    fn encode(&self, line: &mut print::Line<'_>) {
        line.bigint(self.voters);
        line.bigint(self.parties);
        line.decimal(self.lightest, 2);
        line.decimal(self.total, 2);
    }
}

impl json::Encode for Select3Row {
    fn encode(&self, document: &mut json::Document<'_>) {
        document.column(json::key!("voters")).bigint(self.voters);
        document.column(json::key!("parties")).bigint(self.parties);
        document.column(json::key!("lightest")).decimal(self.lightest, 2);
        document.column(json::key!("total")).decimal(self.total, 2);
    }
}

/// cell 3, line 5: SELECT party, COUNT(DISTINCT voter) AS voters, MAX(weight) AS best, SUM(weight) AS total FROM ...
pub struct GroupByParty;

/// What GroupByParty reads of a row.
#[derive(Clone, Copy, Debug)]
pub struct GroupByPartyInput<'a> {
    pub party: Option<&'a str>,
    pub voter: Option<i64>,
    pub weight: Option<Decimal>,
}

impl<'a> Codec<'a> for GroupByPartyInput<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.party.encode(out);
        self.voter.encode(out);
        self.weight.encode(out);
    }

    fn decode(bytes: &mut &'a [u8]) -> Self {
        GroupByPartyInput {
            party: Codec::decode(bytes),
            voter: Codec::decode(bytes),
            weight: Codec::decode(bytes),
        }
    }
}

/// The key of GroupByParty: party.
#[derive(Debug, Hash)]
pub struct GroupByPartyKey<Text> {
    pub party: Option<Text>,
}

impl<'a, Text: Codec<'a>> Codec<'a> for GroupByPartyKey<Text> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.party.encode(out);
    }

    fn decode(bytes: &mut &'a [u8]) -> Self {
        GroupByPartyKey { party: Codec::decode(bytes) }
    }
}

/// What GroupByParty keeps per key.
#[derive(Debug, Default)]
pub struct GroupByPartyTotals {
    /// COUNT(DISTINCT voter)
    pub voters: Distinct<i64, Count>,
    /// MAX(weight)
    pub max: Max<Decimal>,
    /// SUM(weight)
    pub sum: Sum<Decimal>,
}

impl Codec<'_> for GroupByPartyTotals {
    fn encode(&self, out: &mut Vec<u8>) {
        self.voters.encode(out);
        self.max.encode(out);
        self.sum.encode(out);
    }

    fn decode(bytes: &mut &[u8]) -> Self {
        GroupByPartyTotals {
            voters: Codec::decode(bytes),
            max: Codec::decode(bytes),
            sum: Codec::decode(bytes),
        }
    }
}

impl Aggregation for GroupByParty {
    type Input<'a> = GroupByPartyInput<'a>;
    type KeyRef<'a> = GroupByPartyKey<&'a str>;
    type Key = GroupByPartyKey<Text>;
    type Accumulator = GroupByPartyTotals;

    fn key<'r, 'a>(input: &'r Self::Input<'a>) -> Self::KeyRef<'r> {
        GroupByPartyKey { party: input.party }
    }

    fn matches(key: &Self::Key, borrowed: &Self::KeyRef<'_>) -> bool {
        key.party.as_deref() == borrowed.party
    }

    fn own(borrowed: &Self::KeyRef<'_>) -> Self::Key {
        GroupByPartyKey { party: borrowed.party.map(Text::from) }
    }

    fn accumulate(
        accumulator: &mut GroupByPartyTotals,
        input: &GroupByPartyInput<'_>,
    ) -> Result<()> {
        accumulator.voters.add(input.voter);
        accumulator.max.add(input.weight);
        accumulator.sum.add(input.weight);
        Ok(())
    }
}

/// A result of GroupByParty.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GroupByPartyResult<'a> {
    pub party: Option<&'a str>,
    pub voters: i64,
    pub max: Option<Decimal>,
    pub sum: Option<Decimal>,
}

impl<'a> Codec<'a> for GroupByPartyResult<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.party.encode(out);
        self.voters.encode(out);
        self.max.encode(out);
        self.sum.encode(out);
    }

    fn decode(bytes: &mut &'a [u8]) -> Self {
        GroupByPartyResult {
            party: Codec::decode(bytes),
            voters: Codec::decode(bytes),
            max: Codec::decode(bytes),
            sum: Codec::decode(bytes),
        }
    }
}

impl GroupOutput for GroupByParty {
    type Output<'r> = GroupByPartyResult<'r>;

    fn output<'r>(
        key: &'r Self::Key,
        accumulator: &'r GroupByPartyTotals,
    ) -> Result<Self::Output<'r>> {
        Ok(GroupByPartyResult {
            party: key.party.as_deref(),
            voters: accumulator.voters.value(),
            max: accumulator.max.value(),
            sum: accumulator.sum.value(),
        })
    }
}

/// cell 3, line 3: SELECT voters, COUNT(*) AS parties, MIN(best) AS lightest, SUM(total) AS total FROM ( SELECT ...
pub struct GroupByCount;

/// What GroupByCount reads of a row.
#[derive(Clone, Copy, Debug)]
pub struct GroupByCountInput {
    pub count: i64,
    pub max: Option<Decimal>,
    pub sum: Option<Decimal>,
}

impl<'a> Codec<'a> for GroupByCountInput {
    fn encode(&self, out: &mut Vec<u8>) {
        self.count.encode(out);
        self.max.encode(out);
        self.sum.encode(out);
    }

    fn decode(bytes: &mut &'a [u8]) -> Self {
        GroupByCountInput {
            count: Codec::decode(bytes),
            max: Codec::decode(bytes),
            sum: Codec::decode(bytes),
        }
    }
}

/// The key of GroupByCount: count.
#[derive(Debug, Hash)]
pub struct GroupByCountKey {
    pub count: i64,
}

impl Codec<'_> for GroupByCountKey {
    fn encode(&self, out: &mut Vec<u8>) {
        self.count.encode(out);
    }

    fn decode(bytes: &mut &[u8]) -> Self {
        GroupByCountKey { count: Codec::decode(bytes) }
    }
}

/// What GroupByCount keeps per key.
#[derive(Debug, Default)]
pub struct GroupByCountTotals {
    /// COUNT(*)
    pub parties: Count,
    /// MIN(max)
    pub lightest: RetractableMin<Decimal>,
    /// SUM(sum)
    pub total: RetractableSum<Decimal>,
    /// Rows that were not taken back.
    pub rows: Count,
}

impl Codec<'_> for GroupByCountTotals {
    fn encode(&self, out: &mut Vec<u8>) {
        self.parties.encode(out);
        self.lightest.encode(out);
        self.total.encode(out);
        self.rows.encode(out);
    }

    fn decode(bytes: &mut &[u8]) -> Self {
        GroupByCountTotals {
            parties: Codec::decode(bytes),
            lightest: Codec::decode(bytes),
            total: Codec::decode(bytes),
            rows: Codec::decode(bytes),
        }
    }
}

impl Aggregation for GroupByCount {
    type Input<'a> = GroupByCountInput;
    type KeyRef<'a> = GroupByCountKey;
    type Key = GroupByCountKey;
    type Accumulator = GroupByCountTotals;

    fn key<'r, 'a>(input: &'r Self::Input<'a>) -> Self::KeyRef<'r> {
        GroupByCountKey { count: input.count }
    }

    fn matches(key: &Self::Key, borrowed: &Self::KeyRef<'_>) -> bool {
        key.count == borrowed.count
    }

    fn own(borrowed: &Self::KeyRef<'_>) -> Self::Key {
        GroupByCountKey { count: borrowed.count }
    }

    fn accumulate(accumulator: &mut GroupByCountTotals, input: &GroupByCountInput) -> Result<()> {
        accumulator.parties.add_row();
        accumulator.lightest.add(input.max);
        accumulator.total.add(input.sum);
        accumulator.rows.add_row();
        Ok(())
    }

    fn retract(accumulator: &mut GroupByCountTotals, input: &GroupByCountInput) -> Result<()> {
        accumulator.parties.subtract_row();
        accumulator.lightest.subtract(input.max);
        accumulator.total.subtract(input.sum);
        accumulator.rows.subtract_row();
        Ok(())
    }

    fn is_empty(accumulator: &GroupByCountTotals) -> bool {
        accumulator.rows.is_zero()
    }
}

/// A result of GroupByCount.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GroupByCountResult {
    pub count: i64,
    pub parties: i64,
    pub lightest: Option<Decimal>,
    pub total: Option<Decimal>,
}

impl<'a> Codec<'a> for GroupByCountResult {
    fn encode(&self, out: &mut Vec<u8>) {
        self.count.encode(out);
        self.parties.encode(out);
        self.lightest.encode(out);
        self.total.encode(out);
    }

    fn decode(bytes: &mut &'a [u8]) -> Self {
        GroupByCountResult {
            count: Codec::decode(bytes),
            parties: Codec::decode(bytes),
            lightest: Codec::decode(bytes),
            total: Codec::decode(bytes),
        }
    }
}

impl GroupOutput for GroupByCount {
    type Output<'r> = GroupByCountResult;

    fn output<'r>(
        key: &'r Self::Key,
        accumulator: &'r GroupByCountTotals,
    ) -> Result<Self::Output<'r>> {
        Ok(GroupByCountResult {
            count: key.count,
            parties: accumulator.parties.value(),
            lightest: accumulator.lightest.value(),
            total: accumulator.total.value(),
        })
    }
}
