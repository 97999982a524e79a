//! Through which proxy a request goes.
//!
//! Source: `LWP::UserAgent`, `env_proxy` and `no_proxy`.

use super::error::{Error, Result};
use super::{Secret, shown};
use std::env;
use ureq::http::Uri;

/// Through which proxy the requests go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Proxy {
    /// The one in the environment variable `http_proxy` or `https_proxy`, by the scheme of the
    /// address, unless the host is below a domain in `no_proxy`.
    #[default]
    Environment,
    /// Through none.
    None,
    /// Through this one, whatever the host; it may hold a password.
    Address(Secret),
}

impl Proxy {
    /// The proxy for an address.
    pub(super) fn of(&self, uri: &Uri) -> Result<Option<ureq::Proxy>> {
        match self {
            Proxy::None => Ok(None),
            Proxy::Address(address) => parse("the configuration", address.expose()).map(Some),
            Proxy::Environment => of_environment(uri, |name| env::var(name).ok()),
        }
    }
}

fn of_environment(
    uri: &Uri,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<ureq::Proxy>> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let scheme = uri.scheme_str().unwrap_or_default();
    let name = format!("{scheme}_proxy");
    // HTTP_PROXY is not looked at: to a CGI script, that is a header of the client.
    let upper = || set("HTTPS_PROXY").filter(|_| scheme == "https");
    let Some(address) = set(&name).or_else(upper) else {
        return Ok(None);
    };
    let exceptions = set("no_proxy").or_else(|| set("NO_PROXY")).unwrap_or_default();
    if is_excepted(uri.host().unwrap_or_default(), &exceptions) {
        return Ok(None);
    }
    parse(&name, &address).map(Some)
}

/// True if a host is one of these domains, or below one.
fn is_excepted(host: &str, domains: &str) -> bool {
    let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
    domains.split(',').map(str::trim).filter(|domain| !domain.is_empty()).any(|domain| {
        let domain = domain.trim_matches(['[', ']']).to_ascii_lowercase();
        let domain = domain.trim_start_matches('.');
        let below = host.strip_suffix(domain);
        domain == "*" || below.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}

fn parse(source: &str, address: &str) -> Result<ureq::Proxy> {
    let wrong = || Error::ProxyAddress(format!("{:?} of {source}", shown(address)));
    let proxy = ureq::Proxy::new(address).map_err(|_| wrong())?;
    match proxy.protocol() {
        ureq::ProxyProtocol::Http | ureq::ProxyProtocol::Https => Ok(proxy),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environment() {
        let proxies = [("http_proxy", "http://a:1"), ("https_proxy", "http://u:hidden@b:2")];
        for (address, exceptions, expected) in [
            ("http://pve1/", "", Some(("a", 1))),
            ("https://pve1/", "", Some(("b", 2))),
            ("https://pve1.example/", "localhost, example", None),
            ("https://pve1.example/", ".example", None),
            ("https://pve1.example/", "PVE1.example", None),
            ("https://pve1.example/", "1.example", Some(("b", 2))),
            ("https://[2001:db8::1]:8006/", "2001:db8::1", None),
            ("https://192.0.2.1/", "*", None),
            ("https://192.0.2.1/", ",", Some(("b", 2))),
        ] {
            let variable = |name: &str| match name {
                "no_proxy" => Some(exceptions.to_string()),
                _ => proxies.iter().find(|(key, _)| *key == name).map(|(_, v)| (*v).into()),
            };
            let proxy = of_environment(&address.parse().unwrap(), variable).unwrap();
            let proxy = proxy.as_ref().map(|proxy| (proxy.host(), proxy.port()));
            assert_eq!(proxy, expected, "{address} {exceptions}");
        }
        let only = |set: &'static str| move |name: &str| (name == set).then(|| "http://a".into());
        let (http, https) = ("http://pve1".parse().unwrap(), "https://pve1".parse().unwrap());
        assert!(of_environment(&http, only("HTTP_PROXY")).unwrap().is_none());
        assert!(of_environment(&https, only("HTTPS_PROXY")).unwrap().is_some());
        assert!(of_environment(&http, only("HTTPS_PROXY")).unwrap().is_none());
    }

    #[test]
    fn addresses() {
        let uri = "http://pve1/".parse().unwrap();
        let proxy = |address: &str| Proxy::Address(address.into()).of(&uri);
        assert!(proxy("proxy.example:3128").is_ok_and(|proxy| proxy.is_some()));
        for address in ["", "socks5://u:hidden@a", "ftp://u:hidden@a/"] {
            let error = proxy(address).unwrap_err().to_string();
            assert!(error.contains("names no proxy") && !error.contains("hidden"), "{error}");
        }
    }
}
