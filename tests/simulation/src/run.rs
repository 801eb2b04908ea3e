//! One run under a seed: lives of an application, each but the last ended by a crash, a stop or an error.

use super::bucket::Bucket;
use super::chance::Chance;
use super::world::World;
use super::{crash, output::Output};
use sqlc_runtime::checkpoint::{History, Storage};
use sqlc_runtime::job::{App, Ending, Job, Overrides, Progress, Stepped, Stop};
use sqlc_runtime::time::Clock;
use sqlc_runtime::value::Timestamp;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// How far the clock goes when nobody has anything to do.
const NAP: Duration = Duration::from_millis(400);
/// With nothing to do for so long, nothing will happen any more: longer than every timeout.
const SILENCE: Duration = Duration::from_secs(20);
/// No run takes nearly as many steps.
const STEPS: u64 = 100_000;

/// What a seed makes of a run.
pub struct Run<'a> {
    app: fn() -> App,
    chance: Chance,
    clock: Clock,
    bucket: Bucket,
    world: &'a mut dyn World,
    /// Folders of checkpoints that were damaged.
    damaged: BTreeSet<String>,
    /// Whether to tell what happens.
    tells: bool,
    steps: u64,
}

/// What has happened to an application.
#[derive(Clone, Copy, Debug, Default)]
pub struct Happened {
    pub crashes: u64,
    pub stops: u64,
    pub errors: u64,
    pub damaged: u64,
    pub checkpoints: u64,
}

impl<'a> Run<'a> {
    pub fn new(app: fn() -> App, seed: u64, world: &'a mut dyn World, clock: Clock, tells: bool) -> Self {
        let chance = Chance::new(seed);
        let bucket = Bucket::new(chance.fork());
        Run { app, chance, clock, bucket, world, damaged: BTreeSet::new(), tells, steps: 0 }
    }

    /// The output of one worker without any fault.
    pub fn undisturbed(mut self) -> Result<Output, String> {
        while self.world.publish() {}
        let (job, stop) = self.job(1);
        let app = self.app();
        let run = Stepped::open(&job, &app, Some(self.storage())).map_err(|error| error.to_string())?;
        match self.until_silence(run, &stop, &job, &app)? {
            Ending::Stopped | Ending::Finished => Ok(self.world.output()),
            Ending::Failed(error) => Err(format!("the run without faults failed: {error}")),
            Ending::Again(_) => Err("the run without faults begins again".to_owned()),
        }
    }

    /// The output of many lives with faults.
    pub fn disturbed(mut self) -> Result<(Output, Happened), String> {
        let mut happened = Happened::default();
        let lives = self.chance.between(1, 8);
        for _ in 0..lives {
            self.life(&mut happened)?;
        }
        // Now everything works, and everything has to come out.
        self.calm();
        while self.world.publish() {}
        for _ in 0..20 {
            let (job, stop) = self.job(self.parallelism());
            let app = self.app();
            let run = Stepped::open(&job, &app, Some(self.storage()));
            match run.map(|run| self.until_silence(run, &stop, &job, &app)) {
                Ok(Ok(Ending::Stopped | Ending::Finished)) => return Ok((self.world.output(), happened)),
                Ok(Ok(Ending::Again(_))) => unreachable!("the end of a run goes on with the one before"),
                Ok(Ok(Ending::Failed(error))) | Err(error) => self.tell(|| format!("failed without a fault: {error}")),
                Ok(Err(error)) => return Err(error),
            }
        }
        Err("it does not come to an end, although nothing goes wrong any more".to_owned())
    }

    /// The application as a new process has it.
    fn app(&mut self) -> App {
        self.world.gone();
        let app = (self.app)();
        match self.world.connector() {
            Some(connector) => app.connector(connector),
            None => app,
        }
    }

    fn storage(&self) -> Arc<dyn Storage> {
        Arc::new(self.bucket.clone())
    }

    fn parallelism(&self) -> usize {
        usize::try_from(self.chance.between(1, 3)).unwrap_or(1)
    }

    fn job(&self, parallelism: usize) -> (Job, Stop) {
        let mut overrides = Overrides::default();
        let settings = [
            format!("execution.checkpointing.interval={} ms", self.chance.between(20, 2_000)),
            format!("execution.checkpointing.timeout={} ms", self.chance.between(500, 60_000)),
            format!("execution.checkpointing.incremental={}", self.chance.one_in(2)),
            "table.exec.source.idle-timeout=5 s".to_owned(),
        ];
        for argument in settings.into_iter().chain(self.world.options()) {
            overrides.add_argument(&argument).expect("the arguments are right");
        }
        let stop = Stop::default();
        let job = Job {
            overrides,
            parallelism: Some(parallelism),
            clock: self.clock.clone(),
            random: self.chance.random(),
            stop: stop.clone(),
            ..Job::default()
        };
        (job, stop)
    }

    /// Nothing goes wrong from now on.
    fn calm(&mut self) {
        self.bucket.fail_one_in(0);
        self.bucket.be_away(false);
        self.world.calm();
    }

    /// One process: it starts, works for a while with faults around it, and dies or is stopped.
    fn life(&mut self, happened: &mut Happened) -> Result<(), String> {
        let is_rough = self.chance.one_in(3);
        self.bucket.fail_one_in(if is_rough { self.chance.between(5, 200) } else { 0 });
        self.world.disturb();
        let parallelism = self.parallelism();
        let (job, stop) = self.job(parallelism);
        self.tell(|| format!("{parallelism} workers start"));
        let app = self.app();
        let mut run = match Stepped::open(&job, &app, Some(self.storage())) {
            Ok(run) => run,
            Err(error) => {
                happened.errors += 1;
                self.tell(|| format!("it does not start: {error}"));
                return Ok(());
            }
        };
        let most = match self.chance.below(4) {
            0 => 40,
            1 => 400,
            _ => 4_000,
        };
        let mut left = self.chance.below(most);
        // Who cannot take a last checkpoint is not waited for without end.
        let mut patience = if self.chance.one_in(6) { 5_000 } else { 0 };
        let slow = self.chance.below(run.workers() as u64 * 2);
        let mut awake = vec![true; run.workers()];
        while !run.is_over() {
            if left == 0 && patience > 0 {
                stop.stop();
                patience -= 1;
            } else if left == 0 {
                happened.crashes += 1;
                self.tell(|| "it crashes".to_owned());
                break;
            }
            left = left.saturating_sub(1);
            self.disturb();
            self.step(&mut run, slow, &mut awake)?;
        }
        ledger(&job)?;
        if run.is_over() {
            match run.end(&job, &app) {
                Ending::Again(again) => {
                    self.tell(|| "the checkpoint is damaged".to_owned());
                    happened.damaged += 1;
                    drop(again);
                }
                Ending::Failed(error) => {
                    happened.errors += 1;
                    self.tell(|| format!("it fails: {error}"));
                }
                Ending::Stopped | Ending::Finished => {
                    happened.stops += 1;
                    self.tell(|| "it stops".to_owned());
                }
            }
        } else {
            drop(run);
        }
        self.world.gone();
        self.calm();
        if let Some(folder) = self.world.folder() {
            crash::tear(&folder, &self.bucket, &self.chance);
        }
        self.damage();
        let (history, _) = History::read(&self.bucket).map_err(|error| error.to_string())?;
        self.world.trim(&history);
        happened.checkpoints = happened.checkpoints.max(history.newest().map_or(0, |newest| newest.place.id));
        Ok(())
    }

    /// Something happens to the surroundings, or nothing.
    fn disturb(&mut self) {
        if self.chance.one_in(300) {
            let is_away = self.chance.one_in(2);
            self.bucket.be_away(is_away);
        }
        if self.chance.one_in(20) {
            self.world.publish();
        }
        if self.chance.one_in(400) {
            let jump = i64::try_from(self.chance.below(7_200_000_000)).unwrap_or(0) - 3_600_000_000;
            self.tell(|| format!("the clock jumps by {} s", jump / 1_000_000));
            self.clock.jump(Timestamp(self.clock.now().0 + jump));
        }
    }

    /// A step of somebody; `slow` may be the number of a worker that gets few.
    fn step(&mut self, run: &mut Stepped, slow: u64, awake: &mut [bool]) -> Result<(), String> {
        self.steps += 1;
        if self.steps > STEPS {
            return Err("it takes steps without end".to_owned());
        }
        self.clock.pass(Duration::from_micros(self.chance.below(200)));
        self.world.turn();
        let worker = self.chance.below(run.workers() as u64 + 1);
        if worker == run.workers() as u64 {
            run.coordinate();
        } else if worker != slow || self.chance.one_in(20) {
            let worker = usize::try_from(worker).unwrap_or(0);
            awake[worker] = run.work(worker) == Progress::Again;
        }
        if awake.iter().all(|awake| !awake) {
            self.clock.pass(Duration::from_micros(self.chance.below(20_000)));
            awake.fill(true);
        }
        Ok(())
    }

    /// Works until nothing happens any more, and stops.
    fn until_silence(&mut self, mut run: Stepped, stop: &Stop, job: &Job, app: &App) -> Result<Ending, String> {
        loop {
            let mut silent = Duration::ZERO;
            while !run.is_over() {
                self.steps += 1;
                if self.steps > STEPS {
                    return Err("it takes steps without end".to_owned());
                }
                let heard = run.coordinate();
                let is_busy =
                    (0..run.workers()).fold(heard, |busy, worker| run.work(worker) == Progress::Again || busy);
                // Checkpoints come again and again: what counts is the time in which nothing is done in all.
                if self.world.turn() {
                    silent = Duration::ZERO;
                }
                if is_busy {
                    self.clock.pass(Duration::from_micros(100));
                } else {
                    silent += NAP;
                    self.clock.pass(NAP);
                }
                if silent > SILENCE {
                    stop.stop();
                }
            }
            ledger(job)?;
            self.tell(|| job.metrics.prometheus());
            match run.end(job, app) {
                Ending::Again(again) => run = *again,
                ending => return Ok(ending),
            }
        }
    }

    /// Damages the newest checkpoint, if there is another one to go on from.
    fn damage(&mut self) {
        if !self.chance.one_in(12) {
            return;
        }
        let Ok((history, _)) = History::read(&self.bucket) else { return };
        let healthy: Vec<&str> = history
            .manifests()
            .iter()
            .map(|manifest| manifest.place.folder.as_str())
            .filter(|folder| !self.damaged.contains(*folder))
            .collect();
        let [newest, _, ..] = healthy[..] else { return };
        if let Some(object) = self.bucket.damage(&format!("{newest}/")) {
            self.tell(|| format!("{object} is damaged"));
            self.damaged.insert(newest.to_owned());
        }
    }

    fn tell(&self, what: impl FnOnce() -> String) {
        if self.tells {
            let at = self.clock.monotonic().0 as f64 / 1e6;
            eprintln!("[{at:.3} s, step {}] {}", self.steps, what());
        }
    }
}

/// Whether every record that was read is accounted for; no event comes too late in a simulation.
fn ledger(job: &Job) -> Result<(), String> {
    let samples = job.metrics.samples();
    let sum =
        |name: &str| -> i64 { samples.iter().filter(|sample| sample.name == name).map(|sample| sample.value).sum() };
    let read = sum("sqlc_records_read_total");
    let accounted = ["sqlc_records_decoded_total", "sqlc_records_skipped_total", "sqlc_records_dead_lettered_total"];
    let accounted: i64 = accounted.into_iter().map(sum).sum();
    let late = sum("sqlc_operator_late_total");
    match read == accounted && late == 0 {
        true => Ok(()),
        false => Err(format!("{read} records were read, {accounted} are accounted for, {late} were late")),
    }
}
