//! Statements: SQL to the server and its answer, over HTTP. It must not know which tables there
//! are.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use matchgate_follower::sink::SinkError;
use serde_json::Value;
use ureq::Agent;

use super::QuestDbOptions;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Runs statements, one at a time.
#[derive(Debug)]
pub(super) struct Exec {
    agent: Agent,
    address: String,
    authorization: Option<String>,
}

impl Exec {
    pub(super) fn new(options: &QuestDbOptions) -> Self {
        let config = Agent::config_builder()
            // Not what the environment says: it may hold for other hosts only.
            .proxy(None)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_global(Some(ANSWER_TIMEOUT))
            .http_status_as_error(false)
            .build();
        let authorization = options.user.as_ref().map(|user| {
            let password = options.password.as_deref().unwrap_or_default();
            let pair = format!("{user}:{password}");
            format!("Basic {}", BASE64_STANDARD.encode(pair))
        });
        Self {
            agent: config.new_agent(),
            address: options.address.clone(),
            authorization,
        }
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Runs a statement and returns its rows, each an array; none for one without a result.
    ///
    /// # Errors
    ///
    /// Returns [`SinkError::Unavailable`] with the server's words, or why there are none.
    pub(super) fn run(&self, sql: &str) -> Result<Vec<Value>, SinkError> {
        self.ask(sql)?.map_err(|error| {
            SinkError::Unavailable(format!("{}: {error} (in {sql})", self.address))
        })
    }

    /// As [`Exec::run`]; returns `None` where there is no such table.
    ///
    /// # Errors
    ///
    /// As [`Exec::run`].
    pub(super) fn run_on(&self, table: &str, sql: &str) -> Result<Option<Vec<Value>>, SinkError> {
        let missing = format!("table does not exist [table={table}]");
        match self.ask(sql)? {
            Ok(rows) => Ok(Some(rows)),
            Err(error) if error == missing => Ok(None),
            Err(error) => {
                let text = format!("{}: {error} (in {sql})", self.address);
                Err(SinkError::Unavailable(text))
            }
        }
    }

    /// Returns the rows, or the server's words where it does not run the statement.
    fn ask(&self, sql: &str) -> Result<Result<Vec<Value>, String>, SinkError> {
        let unavailable =
            |reason: String| SinkError::Unavailable(format!("{}: {reason}", self.address));
        let url = format!("http://{}/exec", self.address);
        let mut request = self.agent.get(url).query("query", sql);
        if let Some(authorization) = &self.authorization {
            request = request.header("Authorization", authorization);
        }
        let mut response = request
            .call()
            .map_err(|error| unavailable(format!("no connection: {error}")))?;
        let status = response.status().as_u16();
        let body = response
            .body_mut()
            .read_to_string()
            .map_err(|error| unavailable(format!("no whole answer: {error}")))?;
        if matches!(status, 401 | 403) {
            let reason = format!("the server refuses the credentials ({status}): {body}");
            return Err(unavailable(reason));
        }
        let answer: Value = serde_json::from_str(&body)
            .map_err(|_| unavailable(format!("answer {status}: {body}")))?;
        if let Some(error) = answer.get("error").and_then(Value::as_str) {
            return Ok(Err(error.to_owned()));
        }
        if status != 200 {
            return Err(unavailable(format!("answer {status}: {body}")));
        }
        let rows = answer.get("dataset").and_then(Value::as_array);
        Ok(Ok(rows.cloned().unwrap_or_default()))
    }
}
