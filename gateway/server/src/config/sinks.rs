//! Sinks: where published events go, as configured and checked.

use std::path::PathBuf;

use toml::Spanned;

use super::check::Check;
use super::error::ConfigError;
use super::file;

/// Smallest and largest stream that is made.
const STREAM_BYTES: (u64, u64) = (1 << 20, 1 << 50);

/// One sink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SinkConfig {
    /// Subjects in process, and a JSON-lines file where one is named.
    Local {
        /// The file.
        file: Option<PathBuf>,
    },
    /// A JetStream stream of fills.
    Nats(NatsConfig),
    /// Tables of trades and ticks.
    QuestDb(QuestDbConfig),
}

/// Where fills go in NATS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NatsConfig {
    /// Servers of one cluster, `host:port`; any of them is taken.
    pub servers: Vec<String>,
    /// Name of the stream.
    pub stream: String,
    /// Whether to make the stream where it is missing.
    pub create: bool,
    /// Copies of a stream that is made: 1, 3 or 5.
    pub replicas: usize,
    /// Bytes that a stream that is made may have: what is more waits in the journal.
    pub max_bytes: u64,
    /// Credentials file; left out where the server asks for none.
    pub credentials: Option<PathBuf>,
    /// Who logs on, with a password.
    pub login: Option<LoginConfig>,
    /// CPU of the sink's thread; `None` for any.
    pub cpu: Option<usize>,
}

/// Where trades and ticks go in QuestDB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestDbConfig {
    /// Its HTTP port, `host:port`.
    pub address: String,
    /// Whether to make the tables where they are missing.
    pub create: bool,
    /// Who logs on, with a password.
    pub login: Option<LoginConfig>,
    /// CPU of the sink's thread; `None` for any.
    pub cpu: Option<usize>,
}

/// Who logs on to a server. The password stands in a file of its own, so that a configuration can
/// be shown to anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginConfig {
    /// Name of the user.
    pub user: String,
    /// File whose first line is the password.
    pub password_file: PathBuf,
}

impl SinkConfig {
    /// Returns the sink's name, which is also that of its cursor file.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Local { file: None } => "local",
            Self::Local { file: Some(_) } => "local-file",
            Self::Nats(_) => "nats",
            Self::QuestDb(_) => "questdb",
        }
    }

    /// Returns whether it waits for another machine, so that it has a thread of its own and is
    /// placed by its own key `cpu` and not by a core's list of agents.
    #[must_use]
    pub const fn has_own_thread(&self) -> bool {
        !matches!(self, Self::Local { .. })
    }

    /// Returns the cpu of its own thread; `None` for any.
    #[must_use]
    pub const fn cpu(&self) -> Option<usize> {
        match self {
            Self::Local { .. } => None,
            Self::Nats(nats) => nats.cpu,
            Self::QuestDb(questdb) => questdb.cpu,
        }
    }
}

/// The kinds of sink, as they are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Local,
    Nats,
    QuestDb,
}

const KINDS: [(&str, Kind); 3] = [
    ("local", Kind::Local),
    ("nats", Kind::Nats),
    ("questdb", Kind::QuestDb),
];

impl Kind {
    /// Returns the keys that it has beside `kind`.
    const fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Local => &["file"],
            Self::Nats => &[
                "servers",
                "stream",
                "create",
                "replicas",
                "max_bytes",
                "credentials",
                "user",
                "password_file",
                "cpu",
            ],
            Self::QuestDb => &["address", "create", "user", "password_file", "cpu"],
        }
    }
}

impl Check<'_> {
    /// Returns the checked sinks; one of each kind at the most.
    pub(super) fn sinks(
        &self,
        sinks: Vec<Spanned<file::Sink>>,
    ) -> Result<Vec<SinkConfig>, ConfigError> {
        let mut checked: Vec<(Kind, SinkConfig)> = Vec::new();
        for sink in sinks.into_iter().map(Spanned::into_inner) {
            let kind = self.choice("sink.kind", Some(&sink.kind), Kind::Local, &KINDS)?;
            if checked.iter().any(|(earlier, _)| *earlier == kind) {
                let fault = format!("{:?} stands twice", sink.kind.get_ref());
                return Err(self.fault(&sink.kind.span(), "sink.kind", fault));
            }
            self.check_keys(&sink, kind)?;
            let sink = match kind {
                Kind::Local => SinkConfig::Local {
                    file: sink.file.map(|file| PathBuf::from(file.into_inner())),
                },
                Kind::Nats => SinkConfig::Nats(self.nats(&sink)?),
                Kind::QuestDb => SinkConfig::QuestDb(self.questdb(&sink)?),
            };
            checked.push((kind, sink));
        }
        Ok(checked.into_iter().map(|(_, sink)| sink).collect())
    }

    /// Refuses keys that the kind does not have.
    fn check_keys(&self, sink: &file::Sink, kind: Kind) -> Result<(), ConfigError> {
        let text = |value: &Option<Spanned<String>>| value.as_ref().map(Spanned::span);
        let given = [
            ("file", text(&sink.file)),
            ("servers", sink.servers.as_ref().map(Spanned::span)),
            ("stream", text(&sink.stream)),
            ("address", text(&sink.address)),
            ("create", sink.create.as_ref().map(Spanned::span)),
            ("replicas", sink.replicas.as_ref().map(Spanned::span)),
            ("max_bytes", sink.max_bytes.as_ref().map(Spanned::span)),
            ("credentials", text(&sink.credentials)),
            ("user", text(&sink.user)),
            ("password_file", text(&sink.password_file)),
            ("cpu", sink.cpu.as_ref().map(Spanned::span)),
        ];
        for (key, span) in given {
            let Some(span) = span.filter(|_| !kind.keys().contains(&key)) else {
                continue;
            };
            let (kind, keys) = (sink.kind.get_ref(), kind.keys().join(", "));
            let fault = format!("a sink of kind {kind:?} has no such key; it has {keys}");
            return Err(self.fault(&span, &format!("sink.{key}"), fault));
        }
        Ok(())
    }

    fn nats(&self, sink: &file::Sink) -> Result<NatsConfig, ConfigError> {
        let Some(servers) = &sink.servers else {
            return Err(self.missing_key(sink, "sink.servers", "[\"127.0.0.1:4222\"]"));
        };
        if servers.get_ref().is_empty() {
            let fault = "names no server".to_owned();
            return Err(self.fault(&servers.span(), "sink.servers", fault));
        }
        for server in servers.get_ref() {
            self.host_and_port("sink.servers", server)?;
        }
        let stream = match &sink.stream {
            Some(stream) => self.stream_name(stream)?,
            None => "FILLS".to_owned(),
        };
        Ok(NatsConfig {
            servers: servers
                .get_ref()
                .iter()
                .map(|server| server.get_ref().clone())
                .collect(),
            stream,
            create: sink.create.as_ref().is_some_and(|create| *create.get_ref()),
            replicas: self.replicas(sink.replicas.as_ref())?,
            max_bytes: self.number(
                "sink.max_bytes",
                sink.max_bytes.as_ref(),
                8 << 30,
                STREAM_BYTES,
            )?,
            credentials: sink
                .credentials
                .as_ref()
                .map(|path| PathBuf::from(path.get_ref())),
            login: self.login(sink)?,
            cpu: self.cpu("sink.cpu", sink.cpu.as_ref())?,
        })
    }

    fn questdb(&self, sink: &file::Sink) -> Result<QuestDbConfig, ConfigError> {
        let Some(address) = &sink.address else {
            return Err(self.missing_key(sink, "sink.address", "\"127.0.0.1:9000\""));
        };
        self.host_and_port("sink.address", address)?;
        Ok(QuestDbConfig {
            address: address.get_ref().clone(),
            create: sink.create.as_ref().is_some_and(|create| *create.get_ref()),
            login: self.login(sink)?,
            cpu: self.cpu("sink.cpu", sink.cpu.as_ref())?,
        })
    }

    /// What JetStream takes as a number of copies that can outvote a lost one.
    fn replicas(&self, value: Option<&Spanned<u64>>) -> Result<usize, ConfigError> {
        match value.map_or(1, |value| *value.get_ref()) {
            1 => Ok(1),
            3 => Ok(3),
            5 => Ok(5),
            other => {
                let span = value.map_or(0..0, Spanned::span);
                let fault = format!("{other} is not one of 1, 3, 5");
                Err(self.fault(&span, "sink.replicas", fault))
            }
        }
    }

    fn missing_key(&self, sink: &file::Sink, key: &str, example: &str) -> ConfigError {
        let kind = sink.kind.get_ref();
        let fault = format!("is missing: a sink of kind {kind:?} needs it, such as {example}");
        self.fault(&sink.kind.span(), key, fault)
    }

    /// A user has a password and the other way round.
    fn login(&self, sink: &file::Sink) -> Result<Option<LoginConfig>, ConfigError> {
        match (&sink.user, &sink.password_file) {
            (Some(user), Some(file)) => Ok(Some(LoginConfig {
                user: user.get_ref().clone(),
                password_file: PathBuf::from(file.get_ref()),
            })),
            (None, None) => Ok(None),
            (Some(alone), None) => {
                let fault = "stands without sink.password_file".to_owned();
                Err(self.fault(&alone.span(), "sink.user", fault))
            }
            (None, Some(alone)) => {
                let fault = "stands without sink.user".to_owned();
                Err(self.fault(&alone.span(), "sink.password_file", fault))
            }
        }
    }

    fn host_and_port(&self, key: &str, value: &Spanned<String>) -> Result<(), ConfigError> {
        let text = value.get_ref();
        if text.contains('@') {
            // Not said again: it would be a secret in a log.
            let fault = "names a user or password: use user and password_file, or credentials";
            return Err(self.fault(&value.span(), key, fault.to_owned()));
        }
        let parts = text.rsplit_once(':');
        let is_good = parts.is_some_and(|(host, port)| {
            !host.is_empty()
                && host
                    .bytes()
                    .all(|byte| byte.is_ascii_graphic() && !b"/?#".contains(&byte))
                && port.parse::<u16>().is_ok_and(|port| port > 0)
        });
        if is_good {
            return Ok(());
        }
        let fault = format!("{text:?} is no host and port such as \"127.0.0.1:4222\"");
        Err(self.fault(&value.span(), key, fault))
    }

    /// What JetStream takes as a stream's name.
    fn stream_name(&self, value: &Spanned<String>) -> Result<String, ConfigError> {
        let text = value.get_ref();
        let is_taken = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if (1..=255).contains(&text.len()) && text.bytes().all(is_taken) {
            return Ok(text.clone());
        }
        let fault = format!("{text:?} is not 1 to 255 letters, digits, - and _");
        Err(self.fault(&value.span(), "sink.stream", fault))
    }
}
