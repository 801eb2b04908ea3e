//! Events that hold one of three objects, as Nexmark's: a person, an auction or a bid.

use super::noise;
use serde::Deserialize;
use sqlc_runtime::format::json;
use sqlc_runtime::row::TableRow;
use sqlc_runtime::value::Timestamp;

#[derive(Clone, Copy, Debug, Default)]
pub struct Event<'a> {
    event_type: Option<i32>,
    person: Option<Person<'a>>,
    auction: Option<Auction<'a>>,
    bid: Option<Bid<'a>>,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Person<'a> {
    id: Option<i64>,
    name: Option<&'a str>,
    city: Option<&'a str>,
    state: Option<&'a str>,
    at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Auction<'a> {
    id: Option<i64>,
    item: Option<&'a str>,
    initial_bid: Option<i64>,
    seller: Option<i64>,
    at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Bid<'a> {
    auction: Option<i64>,
    bidder: Option<i64>,
    price: Option<i64>,
    channel: Option<&'a str>,
    at: Option<Timestamp>,
}

impl TableRow<'_> for Event<'_> {}

impl<'a> json::Object<'a> for Event<'a> {
    const COLUMNS: &'static [&'static str] = &["event_type", "person", "auction", "bid"];

    #[inline(always)]
    fn read(&mut self, column: usize, value: &mut json::Value<'_, 'a>) -> Result<(), json::FieldError> {
        match column {
            0 => self.event_type = value.integer()?,
            1 => self.person = value.row()?,
            2 => self.auction = value.row()?,
            _ => self.bid = value.row()?,
        }
        Ok(())
    }
}

impl<'a> json::Object<'a> for Person<'a> {
    const COLUMNS: &'static [&'static str] = &["id", "name", "city", "state", "at"];

    #[inline(always)]
    fn read(&mut self, column: usize, value: &mut json::Value<'_, 'a>) -> Result<(), json::FieldError> {
        match column {
            0 => self.id = value.bigint()?,
            1 => self.name = value.text()?,
            2 => self.city = value.text()?,
            3 => self.state = value.text()?,
            _ => self.at = value.timestamp_sql(3)?,
        }
        Ok(())
    }
}

impl<'a> json::Object<'a> for Auction<'a> {
    const COLUMNS: &'static [&'static str] = &["id", "item", "initial_bid", "seller", "at"];

    #[inline(always)]
    fn read(&mut self, column: usize, value: &mut json::Value<'_, 'a>) -> Result<(), json::FieldError> {
        match column {
            0 => self.id = value.bigint()?,
            1 => self.item = value.text()?,
            2 => self.initial_bid = value.bigint()?,
            3 => self.seller = value.bigint()?,
            _ => self.at = value.timestamp_sql(3)?,
        }
        Ok(())
    }
}

impl TableRow<'_> for Bid<'_> {}

impl<'a> json::Object<'a> for Bid<'a> {
    const COLUMNS: &'static [&'static str] = &["auction", "bidder", "price", "channel", "at"];

    #[inline(always)]
    fn read(&mut self, column: usize, value: &mut json::Value<'_, 'a>) -> Result<(), json::FieldError> {
        match column {
            0 => self.auction = value.bigint()?,
            1 => self.bidder = value.bigint()?,
            2 => self.price = value.bigint()?,
            3 => self.channel = value.text()?,
            _ => self.at = value.timestamp_sql(3)?,
        }
        Ok(())
    }
}

#[derive(Debug, Deserialize)]
pub struct EventPeer<'a> {
    pub event_type: Option<i32>,
    #[serde(borrow)]
    pub person: Option<PersonPeer<'a>>,
    pub auction: Option<AuctionPeer<'a>>,
    pub bid: Option<BidPeer<'a>>,
}

#[derive(Debug, Deserialize)]
pub struct PersonPeer<'a> {
    pub id: Option<i64>,
    pub name: Option<&'a str>,
    pub city: Option<&'a str>,
    pub state: Option<&'a str>,
    pub at: Option<&'a str>,
}

#[derive(Debug, Deserialize)]
pub struct AuctionPeer<'a> {
    pub id: Option<i64>,
    pub item: Option<&'a str>,
    pub initial_bid: Option<i64>,
    pub seller: Option<i64>,
    pub at: Option<&'a str>,
}

#[derive(Debug, Deserialize)]
pub struct BidPeer<'a> {
    pub auction: Option<i64>,
    pub bidder: Option<i64>,
    pub price: Option<i64>,
    pub channel: Option<&'a str>,
    pub at: Option<&'a str>,
}

/// What the absent objects of an event are.
#[derive(Clone, Copy)]
pub enum Others {
    Null,
    Absent,
}

/// Of fifty events one is a person, three are auctions and the rest bids.
pub fn line(index: u32, others: Others) -> String {
    let at = format!("2021-05-21 10:{:02}:{:02}.{:03}", index / 3_600 % 60, index / 60 % 60, index % 1_000);
    let (kind, name, object) = match index % 50 {
        0 => (
            0,
            "person",
            format!(r#"{{"id":{index},"name":"Vicky Jones","city":"Portland","state":"OR","at":"{at}"}}"#),
        ),
        1..4 => (
            1,
            "auction",
            format!(
                r#"{{"id":{index},"item":"a fine vase","initial_bid":{},"seller":{},"at":"{at}"}}"#,
                noise(index) % 10_000,
                index / 50
            ),
        ),
        _ => (2, "bid", bid(index, &at)),
    };
    let members: Vec<String> = ["person", "auction", "bid"]
        .into_iter()
        .filter_map(|member| match others {
            _ if member == name => Some(format!("\"{member}\":{object}")),
            Others::Null => Some(format!("\"{member}\":null")),
            Others::Absent => None,
        })
        .collect();
    format!("{{\"event_type\":{kind},{}}}", members.join(","))
}

fn bid(index: u32, at: &str) -> String {
    let random = noise(index);
    let channel = ["Apple", "Google", "Facebook"][random as usize % 3];
    format!(
        r#"{{"auction":{},"bidder":{},"price":{},"channel":"{channel}","at":"{at}"}}"#,
        index / 50,
        random % 1_000,
        random % 100_000
    )
}

/// A bid that is a record of its own.
pub fn flat_line(index: u32) -> String {
    let at = format!("2021-05-21 10:{:02}:{:02}.{:03}", index / 3_600 % 60, index / 60 % 60, index % 1_000);
    bid(index, &at)
}
