//! Which rows a worker makes, and how far it has come, as a checkpoint remembers it.
//!
//! Rows are numbered. The workers of a new run share them by turns: of three workers the second makes the rows 1, 4, 7 and
//! so on. Such a stride outlives the number of workers: fewer workers have several each, and for more of them strides are
//! divided.

use crate::connector::SplitState;
use crate::error::{Error, ErrorKind, Result};
use crate::order;
use std::sync::Arc;

/// Every `step`-th row from `next` on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stride {
    pub name: Arc<str>,
    pub next: u64,
    pub step: u64,
    /// How many bytes the rows before `next` had.
    pub offset: u64,
}

/// What the workers of a table share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Progress {
    /// With the number of a row it decides its random values.
    pub seed: u64,
    /// How many rows might have been made by now; none in a new run.
    pub allowed: Option<u64>,
}

impl Stride {
    pub(super) fn describe(&self, seed: u64, allowed: u64) -> SplitState {
        let Stride { name, next, step, offset } = self;
        let state = format!("row {next} step {step} offset {offset} allowed {allowed} seed {seed}");
        SplitState { split: name.to_string(), state }
    }

    fn parse(SplitState { split, state }: &SplitState) -> Result<(Self, u64, u64)> {
        let mut words = state.split(' ');
        let mut number = |name: &str| (words.next()? == name).then(|| words.next()?.parse::<u64>().ok()).flatten();
        let mut parse = || {
            let (next, step, offset) = (number("row")?, number("step")?, number("offset")?);
            let stride = Stride { name: Arc::from(split.as_str()), next, step, offset };
            Some((stride, number("allowed")?, number("seed")?))
        };
        parse().ok_or_else(|| {
            Error::new(ErrorKind::Data, format!("the checkpoint says '{state}' of {split}, which means nothing"))
        })
    }

    /// The stride in parts that take turns. The first one keeps the name.
    fn divide(self, parts: u64) -> impl Iterator<Item = Stride> {
        (0..parts).map(move |part| Stride {
            name: if part == 0 { Arc::clone(&self.name) } else { Arc::from(format!("{}.{part}", self.name)) },
            next: self.next.saturating_add(self.step.saturating_mul(part)),
            step: self.step.saturating_mul(parts),
            offset: if part == 0 { self.offset } else { 0 },
        })
    }
}

/// The strides of a new run, one per worker.
pub(super) fn new(workers: u64) -> Vec<Vec<Stride>> {
    let stride =
        |worker| Stride { name: Arc::from(format!("datagen-{worker}")), next: worker, step: workers, offset: 0 };
    (0..workers).map(|worker| vec![stride(worker)]).collect()
}

/// The strides of a checkpoint by worker, and what was shared.
pub(super) fn restore(splits: &[SplitState], workers: u64) -> Result<(Vec<Vec<Stride>>, Progress)> {
    let parsed = splits.iter().map(Stride::parse).collect::<Result<Vec<_>>>()?;
    let allowed = parsed.iter().map(|(_, allowed, _)| *allowed).max();
    let seed = parsed.first().map_or(0, |(_, _, seed)| *seed);
    let parts = workers.div_ceil(parsed.len().max(1) as u64).max(1);
    let mut strides: Vec<Stride> = parsed.into_iter().flat_map(|(stride, _, _)| stride.divide(parts)).collect();
    order::sort_by_key(&mut strides, |stride| stride.next);
    let mut shares = vec![Vec::new(); workers as usize];
    for (index, stride) in strides.into_iter().enumerate() {
        shares[index % workers as usize].push(stride);
    }
    Ok((shares, Progress { seed, allowed }))
}
