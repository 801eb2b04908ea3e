//! cell 7, line 2: INSERT INTO product_sales SELECT product, COUNT(DISTINCT shop) AS shops, COUNT(*) AS orders, ...
//!
//! web_orders -> GroupByProduct -> product_sales; store_orders -> GroupByProduct

use crate::tables::product_sales::{self, NewProductSales};
use crate::tables::store_orders::StoreOrders;
use crate::tables::web_orders::WebOrders;
use sqlc_runtime::checkpoint::Visit;
use sqlc_runtime::error::{At, Origin, Result};
use sqlc_runtime::exchange::{Keyed, Message};
use sqlc_runtime::format::print;
use sqlc_runtime::function::cast;
use sqlc_runtime::job::{SinkWriter, Wiring};
use sqlc_runtime::operator::Aggregation;
use sqlc_runtime::operator::accumulator::{Count, Distinct, Sum};
use sqlc_runtime::operator::group::{GroupAggregate, GroupOutput};
use sqlc_runtime::row::{Codec, RowKind};
use sqlc_runtime::time::{CombinedWatermark, Watermark};
use sqlc_runtime::value::{Text, Timestamp};

/// One worker's part of web_orders -> GroupByProduct -> product_sales; store_orders -> GroupByProduct.
pub struct ProductSalesJob {
    group_by_product: Keyed<GroupAggregate<GroupByProduct>>,
    group_by_product_inputs: CombinedWatermark,
    sink: SinkWriter<print::Encoder>,
}

impl ProductSalesJob {
    pub fn open(wiring: &mut Wiring) -> Result<Self> {
        Ok(ProductSalesJob {
            group_by_product: wiring
                .keyed("GroupByProduct", Origin::new(7, 3), GroupAggregate::new()),
            group_by_product_inputs: CombinedWatermark::new(2),
            sink: wiring.sink(&product_sales::TABLE, print::Encoder::new)?,
        })
    }

    /// A row of `web_orders` on its way to GroupByProduct.
    pub fn web_orders(&mut self, row: &WebOrders) -> Result<()> {
        let input = GroupByProductInput {
            product: row.product,
            shop: "web",
            price: row.price,
        };
        self.group_by_product.add(RowKind::Insert, &input)
    }

    pub fn web_orders_watermark(&mut self, watermark: Watermark) -> Result<()> {
        if let Some(watermark) = self.group_by_product_inputs.advance(0, watermark) {
            self.group_by_product.advance(watermark)?;
        }
        self.run()
    }

    /// A row of `store_orders` on its way to GroupByProduct.
    pub fn store_orders(&mut self, row: &StoreOrders) -> Result<()> {
        // cell 7, line 11: NOT paid_cash
        if row.paid_cash == Some(false) {
            let input = GroupByProductInput {
                product: row.product,
                shop: "store",
                price: row.price,
            };
            self.group_by_product.add(RowKind::Insert, &input)?;
        }
        Ok(())
    }

    pub fn store_orders_watermark(&mut self, watermark: Watermark) -> Result<()> {
        if let Some(watermark) = self.group_by_product_inputs.advance(1, watermark) {
            self.group_by_product.advance(watermark)?;
        }
        self.run()
    }

    /// What the job remembers, upstream first.
    pub fn stateful(&mut self, visit: &mut Visit<'_>) -> Result<()> {
        visit(&mut self.group_by_product)
    }

    /// Hands on what the operators have to say, upstream first.
    pub fn run(&mut self) -> Result<()> {
        self.run_group_by_product()
    }

    pub fn tick(&mut self, now: Timestamp) -> Result<()> {
        self.group_by_product.tick(now)?;
        self.run()
    }

    pub fn receive_group_by_product(&mut self, from: usize, message: &Message) -> Result<()> {
        self.group_by_product.receive(from, message)?;
        self.run()
    }

    /// GroupByProduct -> `product_sales`
    #[inline(never)]
    fn run_group_by_product(&mut self) -> Result<()> {
        let Self { group_by_product, sink, .. } = self;
        group_by_product.drain(|_, change| {
            // cell 7, line 7: CAST(SUM(price) AS DECIMAL(12, 2))
            let revenue = match change.row.sum {
                Some(sum) => {
                    cast::double_to_decimal(sum, 12, 2).at(Origin::new(7, 7))?
                }
                None => None,
            };
            let output = NewProductSales {
                product: change.row.product,
                shops: Some(change.row.shops),
                orders: Some(change.row.orders),
                revenue,
            };
            sink.write(change.kind, &output)
        })
    }
}

/// cell 7, line 3: SELECT product, COUNT(DISTINCT shop) AS shops, COUNT(*) AS orders, CAST(SUM(price) AS ...
pub struct GroupByProduct;

/// What GroupByProduct reads of a row.
#[derive(Clone, Copy, Debug)]
pub struct GroupByProductInput<'a> {
    pub product: Option<i32>,
    pub shop: &'a str,
    pub price: Option<f64>,
}

impl<'a> Codec<'a> for GroupByProductInput<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.product.encode(out);
        self.shop.encode(out);
        self.price.encode(out);
    }

    fn decode(bytes: &mut &'a [u8]) -> Self {
        GroupByProductInput {
            product: Codec::decode(bytes),
            shop: Codec::decode(bytes),
            price: Codec::decode(bytes),
        }
    }
}

/// The key of GroupByProduct: product.
#[derive(Debug, Hash)]
pub struct GroupByProductKey {
    pub product: Option<i32>,
}

impl Codec<'_> for GroupByProductKey {
    fn encode(&self, out: &mut Vec<u8>) {
        self.product.encode(out);
    }

    fn decode(bytes: &mut &[u8]) -> Self {
        GroupByProductKey { product: Codec::decode(bytes) }
    }
}

/// What GroupByProduct keeps per key.
#[derive(Debug, Default)]
pub struct GroupByProductTotals {
    /// COUNT(DISTINCT shop)
    pub shops: Distinct<Text, Count>,
    /// COUNT(*)
    pub orders: Count,
    /// SUM(price)
    pub sum: Sum<f64>,
}

impl Codec<'_> for GroupByProductTotals {
    fn encode(&self, out: &mut Vec<u8>) {
        self.shops.encode(out);
        self.orders.encode(out);
        self.sum.encode(out);
    }

    fn decode(bytes: &mut &[u8]) -> Self {
        GroupByProductTotals {
            shops: Codec::decode(bytes),
            orders: Codec::decode(bytes),
            sum: Codec::decode(bytes),
        }
    }
}

impl Aggregation for GroupByProduct {
    type Input<'a> = GroupByProductInput<'a>;
    type KeyRef<'a> = GroupByProductKey;
    type Key = GroupByProductKey;
    type Accumulator = GroupByProductTotals;

    fn key<'r, 'a>(input: &'r Self::Input<'a>) -> Self::KeyRef<'r> {
        GroupByProductKey { product: input.product }
    }

    fn matches(key: &Self::Key, borrowed: &Self::KeyRef<'_>) -> bool {
        key.product == borrowed.product
    }

    fn own(borrowed: &Self::KeyRef<'_>) -> Self::Key {
        GroupByProductKey { product: borrowed.product }
    }

    fn accumulate(
        accumulator: &mut GroupByProductTotals,
        input: &GroupByProductInput<'_>,
    ) -> Result<()> {
        accumulator.shops.add(input.shop);
        accumulator.orders.add_row();
        accumulator.sum.add(input.price);
        Ok(())
    }
}

/// A result of GroupByProduct.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GroupByProductResult {
    pub product: Option<i32>,
    pub shops: i64,
    pub orders: i64,
    pub sum: Option<f64>,
}

impl<'a> Codec<'a> for GroupByProductResult {
    fn encode(&self, out: &mut Vec<u8>) {
        self.product.encode(out);
        self.shops.encode(out);
        self.orders.encode(out);
        self.sum.encode(out);
    }

    fn decode(bytes: &mut &'a [u8]) -> Self {
        GroupByProductResult {
            product: Codec::decode(bytes),
            shops: Codec::decode(bytes),
            orders: Codec::decode(bytes),
            sum: Codec::decode(bytes),
        }
    }
}

impl GroupOutput for GroupByProduct {
    type Output<'r> = GroupByProductResult;

    fn output<'r>(
        key: &'r Self::Key,
        accumulator: &'r GroupByProductTotals,
    ) -> Result<Self::Output<'r>> {
        Ok(GroupByProductResult {
            product: key.product,
            shops: accumulator.shops.value(),
            orders: accumulator.orders.value(),
            sum: accumulator.sum.value(),
        })
    }
}
