//! The few HTTP requests that tell whether a server is ready and what it holds.

use std::time::Duration;

use super::ServiceError;

/// The longest answer that is read, in bytes: a test may ask for every row of a long run.
const BODY_BYTES_MAX: u64 = 1 << 30;

/// Returns the status and the body of the answer to a GET of `url` with `parameters`.
///
/// The connection ends with the call: none is left over from before a server's restart.
pub(super) fn get(
    url: &str,
    parameters: &[(&str, &str)],
    timeout: Duration,
) -> Result<(u16, String), ServiceError> {
    let failed = |source| ServiceError::Http {
        url: url.to_owned(),
        source: Box::new(source),
    };
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .proxy(None)
        .http_status_as_error(false)
        .timeout_global(Some(timeout))
        .build()
        .into();
    let mut answer = agent
        .get(url)
        .query_pairs(parameters.iter().copied())
        .call()
        .map_err(failed)?;
    let body = answer
        .body_mut()
        .with_config()
        .limit(BODY_BYTES_MAX)
        .read_to_string()
        .map_err(failed)?;
    Ok((answer.status().as_u16(), body))
}
