//! What one worker runs.

use crate::jobs::minute_so_far::MinuteSoFarJob;
use crate::jobs::product_sales::ProductSalesJob;
use crate::tables::store_orders::{self, StoreOrders};
use crate::tables::web_orders::{self, WebOrders};
use sqlc_runtime::checkpoint::Visit;
use sqlc_runtime::connector::ReaderEvent;
use sqlc_runtime::error::Result;
use sqlc_runtime::exchange::{Message, Port};
use sqlc_runtime::format::json;
use sqlc_runtime::job::{Element, Pipeline, Scan, SourceId, Wiring};
use sqlc_runtime::value::Timestamp;

/// One worker's copy of orders_app: what it reads, and one job per statement.
pub struct OrdersApp {
    web_orders_scan: Scan<json::Decoder>,
    store_orders_scan: Scan<json::Decoder>,
    product_sales: ProductSalesJob,
    minute_so_far: MinuteSoFarJob,
}

impl OrdersApp {
    pub fn open(wiring: &mut Wiring) -> Result<Self> {
        Ok(OrdersApp {
            web_orders_scan: wiring.scan(&web_orders::TABLE, json::Decoder::new)?,
            store_orders_scan: wiring.scan(&store_orders::TABLE, json::Decoder::new)?,
            product_sales: ProductSalesJob::open(wiring)?,
            minute_so_far: MinuteSoFarJob::open(wiring)?,
        })
    }

    /// web_orders -> product_sales, minute_so_far
    fn read_web_orders(&mut self, event: &ReaderEvent) -> Result<()> {
        let Self { web_orders_scan, product_sales, minute_so_far, .. } = self;
        web_orders_scan.read(
            event,
            |element: Element<'_, '_, WebOrders>| match element {
                Element::Row(row, _) => {
                    product_sales.web_orders(row)?;
                    minute_so_far.web_orders(row)
                }
                Element::Watermark(watermark) => {
                    product_sales.web_orders_watermark(*watermark)?;
                    minute_so_far.web_orders_watermark(*watermark)
                }
            },
        )?;
        product_sales.run()?;
        minute_so_far.run()
    }

    /// store_orders -> product_sales
    fn read_store_orders(&mut self, event: &ReaderEvent) -> Result<()> {
        let Self { store_orders_scan, product_sales, .. } = self;
        store_orders_scan.read(
            event,
            |element: Element<'_, '_, StoreOrders>| match element {
                Element::Row(row, _) => product_sales.store_orders(row),
                Element::Watermark(watermark) => {
                    product_sales.store_orders_watermark(*watermark)
                }
            },
        )?;
        product_sales.run()
    }
}

impl Pipeline for OrdersApp {
    fn read(&mut self, source: SourceId, event: &ReaderEvent) -> Result<()> {
        match source.0 {
            0 => self.read_web_orders(event),
            _ => self.read_store_orders(event),
        }
    }

    fn receive(&mut self, port: Port, from: usize, message: &Message) -> Result<()> {
        match port.0 {
            0 => self.product_sales.receive_group_by_product(from, message),
            _ => self.minute_so_far.receive_cumulate_all(from, message),
        }
    }

    fn stateful(&mut self, visit: &mut Visit<'_>) -> Result<()> {
        visit(&mut self.web_orders_scan)?;
        visit(&mut self.store_orders_scan)?;
        self.product_sales.stateful(visit)?;
        self.minute_so_far.stateful(visit)
    }

    fn tick(&mut self, now: Timestamp) -> Result<()> {
        self.product_sales.tick(now)?;
        self.minute_so_far.tick(now)
    }
}
