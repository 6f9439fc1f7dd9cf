//! Proxies of the environment: rows must not pass through one, and the client that sends them
//! cannot be told to pass it by. It must not know what is sent.

use ureq::http::Uri;
use ureq::{Proxy, ProxyProtocol};

/// Variables that name a proxy, in the order in which the client takes the first.
const PROXY_VARIABLES: [&str; 6] = [
    "ALL_PROXY",
    "all_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
];
/// Variables that name hosts without one, likewise.
const NO_PROXY_VARIABLES: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// Returns the variable that sends what is for `address`, `host:port`, through a proxy; `None`
/// where it goes straight.
pub(super) fn proxy_variable(
    address: &str,
    variable: impl Fn(&str) -> Option<String>,
) -> Option<&'static str> {
    let is_proxy = |name: &&str| variable(name).is_some_and(|value| Proxy::new(&value).is_ok());
    let name = PROXY_VARIABLES.into_iter().find(is_proxy)?;
    let excepted = NO_PROXY_VARIABLES.into_iter().find_map(&variable);
    let excepted = excepted.unwrap_or_default();
    // What is excepted, the client's own rules say.
    let mut rules = Proxy::builder(ProxyProtocol::Http).host("proxy");
    for entry in excepted.split(',') {
        rules = rules.no_proxy(entry);
    }
    let target = format!("http://{address}/").parse::<Uri>().ok();
    let is_excepted =
        target.is_some_and(|target| rules.build().is_ok_and(|rules| rules.is_no_proxy(&target)));
    (!is_excepted).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(address: &str, variables: &[(&str, &str)]) -> Option<&'static str> {
        proxy_variable(address, |name| {
            let known = variables.iter().find(|(known, _)| *known == name);
            known.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn proxy_of_the_environment_is_named_unless_the_host_is_excepted() {
        let local = "127.0.0.1:9000";
        let proxy = ("http_proxy", "http://proxy.example:3128");
        assert_eq!(found(local, &[]), None);
        assert_eq!(found(local, &[proxy]), Some("http_proxy"));
        let all = ("ALL_PROXY", "proxy.example:3128");
        assert_eq!(found(local, &[proxy, all]), Some("ALL_PROXY"));
        assert_eq!(found(local, &[("HTTP_PROXY", "")]), None);
        for hosts in ["127.0.0.1", "localhost,127.0.0.1", "*"] {
            for name in NO_PROXY_VARIABLES {
                assert_eq!(found(local, &[proxy, (name, hosts)]), None, "{hosts}");
            }
        }
        for hosts in ["", "localhost", "127.0.0.2", "db.example"] {
            let named = found(local, &[proxy, ("NO_PROXY", hosts)]);
            assert_eq!(named, Some("http_proxy"), "{hosts}");
        }
        let excepted = [proxy, ("NO_PROXY", ".example")];
        assert_eq!(found("db.example:9000", &excepted), None);
    }
}
