//! What one worker runs.

use crate::jobs::revenue::RevenueJob;
use crate::jobs::traffic::TrafficJob;
use crate::jobs::visits::VisitsJob;
use crate::tables::orders::{self, Orders};
use crate::tables::page_views::{self, PageViews};
use sqlc_runtime::checkpoint::Visit;
use sqlc_runtime::connector::ReaderEvent;
use sqlc_runtime::error::Result;
use sqlc_runtime::exchange::{Message, Port};
use sqlc_runtime::format::{csv, json};
use sqlc_runtime::job::{Element, Pipeline, Scan, SourceId, Wiring};
use sqlc_runtime::value::Timestamp;

/// One worker's copy of clickstream_app: what it reads, and one job per statement.
pub struct ClickstreamApp {
    page_views_scan: Scan<json::Decoder>,
    orders_scan: Scan<csv::Decoder>,
    visits: VisitsJob,
    traffic: TrafficJob,
    revenue: RevenueJob,
}

impl ClickstreamApp {
    pub fn open(wiring: &mut Wiring) -> Result<Self> {
        Ok(ClickstreamApp {
            page_views_scan: wiring.scan(&page_views::TABLE, json::Decoder::new)?,
            orders_scan: wiring.scan(&orders::TABLE, csv::Decoder::new)?,
            visits: VisitsJob::open(wiring)?,
            traffic: TrafficJob::open(wiring)?,
            revenue: RevenueJob::open(wiring)?,
        })
    }

    /// page_views -> visits, traffic
    fn read_page_views(&mut self, event: &ReaderEvent) -> Result<()> {
        let Self { page_views_scan, visits, traffic, .. } = self;
        page_views_scan.read(
            event,
            |element: Element<'_, '_, PageViews<'_>>| match element {
                Element::Row(row, _) => {
                    visits.page_views(row)?;
                    traffic.page_views(row)
                }
                Element::Watermark(watermark) => {
                    visits.page_views_watermark(*watermark)?;
                    traffic.page_views_watermark(*watermark)
                }
            },
        )?;
        visits.run()?;
        traffic.run()
    }

    /// orders -> revenue
    fn read_orders(&mut self, event: &ReaderEvent) -> Result<()> {
        let Self { orders_scan, revenue, .. } = self;
        orders_scan.read(
            event,
            |element: Element<'_, '_, Orders<'_>>| match element {
                Element::Row(row, _) => revenue.orders(row),
                Element::Watermark(watermark) => revenue.orders_watermark(*watermark),
            },
        )?;
        revenue.run()
    }
}

impl Pipeline for ClickstreamApp {
    fn read(&mut self, source: SourceId, event: &ReaderEvent) -> Result<()> {
        match source.0 {
            0 => self.read_page_views(event),
            _ => self.read_orders(event),
        }
    }

    fn receive(&mut self, port: Port, from: usize, message: &Message) -> Result<()> {
        match port.0 {
            0 => self.visits.receive_session_by_visitor_id(from, message),
            1 => self.traffic.receive_tumble_by_section(from, message),
            _ => self.revenue.receive_tumble_all(from, message),
        }
    }

    fn stateful(&mut self, visit: &mut Visit<'_>) -> Result<()> {
        visit(&mut self.page_views_scan)?;
        visit(&mut self.orders_scan)?;
        self.visits.stateful(visit)?;
        self.traffic.stateful(visit)?;
        self.revenue.stateful(visit)
    }

    fn tick(&mut self, now: Timestamp) -> Result<()> {
        self.visits.tick(now)?;
        self.traffic.tick(now)?;
        self.revenue.tick(now)
    }
}
