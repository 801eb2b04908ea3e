//! An application, as generated code describes it.

use super::command_line;
use super::wiring::Wiring;
use super::{Pipeline, log};
use crate::checkpoint::StorageScheme;
use crate::connector::Connector;
use crate::connector::blackhole::Blackhole;
use crate::connector::datagen::Datagen;
use crate::connector::filesystem::Filesystem;
use crate::connector::print::Print;
use crate::error::Result;
use std::process::ExitCode;
use std::sync::Arc;

type Open = Box<dyn Fn(&mut Wiring) -> Result<Box<dyn Pipeline>>>;

/// An application: its name, its pipeline, and the connectors and storages it is linked with.
pub struct App {
    pub(super) name: &'static str,
    pub(super) version: &'static str,
    pub(super) description: &'static str,
    pub(super) settings: &'static [(&'static str, &'static str)],
    pub(super) connectors: Arc<Vec<Box<dyn Connector>>>,
    pub(super) storages: Arc<Vec<Box<dyn StorageScheme>>>,
    pub(super) open: Open,
}

impl App {
    /// An application whose workers each run a pipeline that `open` makes.
    pub fn new<P: Pipeline + 'static>(name: &'static str, open: fn(&mut Wiring) -> Result<P>) -> Self {
        let builtin: Vec<Box<dyn Connector>> =
            vec![Box::new(Filesystem), Box::new(Datagen), Box::new(Print), Box::new(Blackhole)];
        App {
            name,
            version: "0.0.0",
            description: "{}",
            settings: &[],
            connectors: Arc::new(builtin),
            storages: Arc::default(),
            open: Box::new(move |wiring| Ok(Box::new(open(wiring)?))),
        }
    }

    pub fn version(mut self, version: &'static str) -> Self {
        self.version = version;
        self
    }

    /// What `--describe` prints: what the application reads, does and writes, as JSON.
    pub fn describe(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    /// What the notebook SET, of the names in [`SETTINGS`](super::SETTINGS).
    pub fn settings(mut self, settings: &'static [(&'static str, &'static str)]) -> Self {
        self.settings = settings;
        self
    }

    /// Links a connector that lives in a crate of its own, or that takes the place of another one of its name.
    pub fn connector(mut self, connector: Box<dyn Connector>) -> Self {
        let connectors = Arc::get_mut(&mut self.connectors).expect("an application is described before it runs");
        connectors.retain(|known| known.name() != connector.name());
        connectors.push(connector);
        self
    }

    /// Links a place for checkpoints that lives in a crate of its own.
    pub fn storage(mut self, storage: Box<dyn StorageScheme>) -> Self {
        let storages = Arc::get_mut(&mut self.storages).expect("an application is described before it runs");
        storages.push(storage);
        self
    }
}

/// Runs the application as its command line says. Exit codes: 0 when the input has ended or a signal asked to
/// stop, else that of the [`ErrorKind`](crate::error::ErrorKind).
pub fn main(app: App) -> ExitCode {
    super::run::report_panics();
    match command_line::run(&app) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log::error(&error.to_string());
            ExitCode::from(error.kind().exit_code())
        }
    }
}
