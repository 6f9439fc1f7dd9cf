//! Makes the configured sinks. It knows who they are and nothing of what they do.

use std::path::PathBuf;

use matchgate_bridge::{Hub, LocalSink, NatsOptions, NatsSink, QuestDbOptions, QuestDbSink};
use matchgate_follower::Sink;
use matchgate_runtime::{CoreSpec, Idle};

use crate::config::{LoginConfig, NatsConfig, QuestDbConfig, SinkConfig};
use crate::exit_code::{ExitCode, Fatal};

/// A sink with all that it needs but what is known only once the venue's files are open.
#[derive(Debug)]
pub(super) enum PreparedSink {
    /// Subjects in process, and a file.
    Local(Option<PathBuf>),
    /// A stream of fills.
    Nats(NatsOptions),
    /// Tables of trades and ticks.
    QuestDb(QuestDbOptions),
}

/// Returns every configured sink, prepared: what it reads from files is read, so that what is
/// missing is named before anything is opened.
pub(super) fn prepare(sinks: &[SinkConfig]) -> Result<Vec<PreparedSink>, Fatal> {
    let prepared = sinks.iter().map(|sink| {
        Ok(match sink {
            SinkConfig::Local { file } => PreparedSink::Local(file.clone()),
            SinkConfig::Nats(nats) => PreparedSink::Nats(nats_options(nats)?),
            SinkConfig::QuestDb(questdb) => PreparedSink::QuestDb(questdb_options(questdb)?),
        })
    });
    prepared.collect()
}

impl PreparedSink {
    /// Returns the sink. `directory` names the data directory whose events it is given.
    pub(super) fn make(self, hub: &Hub, directory: &str) -> Box<dyn Sink> {
        match self {
            Self::Local(file) => Box::new(LocalSink::new(hub.clone(), file)),
            Self::Nats(mut options) => {
                directory.clone_into(&mut options.directory);
                Box::new(NatsSink::new(options))
            }
            Self::QuestDb(options) => Box::new(QuestDbSink::new(options)),
        }
    }
}

/// Returns the cores of sinks that wait for servers: a thread each, so that one that hangs holds
/// up nobody.
pub(super) fn cores(sinks: &[SinkConfig]) -> impl Iterator<Item = CoreSpec> + '_ {
    let remote = sinks.iter().filter(|sink| sink.has_own_thread());
    remote.map(|sink| CoreSpec {
        cpu: sink.cpu(),
        agents: vec![format!("sink:{}", sink.name())],
        idle: Idle::Park,
    })
}

fn nats_options(config: &NatsConfig) -> Result<NatsOptions, Fatal> {
    if let Some(path) = &config.credentials {
        read("sink.credentials", path)?;
    }
    let (user, password) = login(config.login.as_ref())?;
    let servers = config.servers.iter();
    Ok(NatsOptions {
        servers: servers.map(|server| format!("nats://{server}")).collect(),
        stream: config.stream.clone(),
        create: config.create,
        replicas: config.replicas,
        max_bytes: config.max_bytes,
        credentials: config.credentials.clone(),
        user,
        password,
        ..NatsOptions::default()
    })
}

fn questdb_options(config: &QuestDbConfig) -> Result<QuestDbOptions, Fatal> {
    let (user, password) = login(config.login.as_ref())?;
    Ok(QuestDbOptions {
        address: config.address.clone(),
        create: config.create,
        user,
        password,
    })
}

/// Returns user and password.
fn login(config: Option<&LoginConfig>) -> Result<(Option<String>, Option<String>), Fatal> {
    let Some(login) = config else {
        return Ok((None, None));
    };
    let text = read("sink.password_file", &login.password_file)?;
    let password = text.lines().next().unwrap_or_default().to_owned();
    Ok((Some(login.user.clone()), Some(password)))
}

fn read(key: &str, path: &PathBuf) -> Result<String, Fatal> {
    std::fs::read_to_string(path).map_err(|error| {
        let message = format!("{key}: {}: {error}", path.display());
        Fatal::new(ExitCode::Usage, message)
    })
}
