//! The names under which this server may be asked.
//!
//! A page of `evil.example` can point its own name at 127.0.0.1 (DNS rebinding) and then talk to a server here as
//! to its own. What it cannot change is the `Host` header, which still says `evil.example`. Names are compared,
//! never ports: an `ssh -L` forward changes the port.

use std::net::{IpAddr, SocketAddr};

use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri, Version};

use crate::problem::{Problem, echo};

/// The names that a `Host` header may carry.
#[derive(Debug)]
pub(crate) struct HostList {
    names: Vec<String>,
    /// Listening on every address, this machine has more addresses than one can list; an address in `Host`
    /// is no danger, because nobody can point it elsewhere.
    any_address: bool,
}

impl HostList {
    /// The loopback names, the address that is listened on, and `further` ones.
    pub(crate) fn new(listen: SocketAddr, further: &[String]) -> HostList {
        let own = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into_iter();
        let further = further.iter().map(|name| plain(name));
        HostList {
            names: own.chain([listen.ip().to_canonical().to_string()]).chain(further).collect(),
            any_address: listen.ip().is_unspecified(),
        }
    }

    /// Whether this request asks for a host that is this server.
    ///
    /// # Errors
    /// 400 without exactly one well-formed `Host` (HTTP/1.0 may do without), 421 for a name that is not ours.
    pub(crate) fn check(
        &self,
        headers: &HeaderMap,
        uri: &Uri,
        version: Version,
    ) -> Result<(), Problem> {
        let mut hosts = headers.get_all(HOST).iter();
        match (hosts.next(), hosts.next()) {
            (Some(host), None) => {
                let authority = Authority::try_from(host.as_bytes())
                    .map_err(|_| Problem::malformed("the Host header is not a host and port"))?;
                self.check_name(&authority)?;
            }
            (None, _) if version == Version::HTTP_10 => {}
            (None, _) => {
                return Err(Problem::malformed("the Host header is missing: HTTP/1.1 requires it"));
            }
            (Some(_), Some(_)) => {
                return Err(Problem::malformed("the Host header stands twice"));
            }
        }
        uri.authority().map_or(Ok(()), |authority| self.check_name(authority))
    }

    fn check_name(&self, authority: &Authority) -> Result<(), Problem> {
        let name = plain(authority.host());
        let known =
            self.names.contains(&name) || (self.any_address && name.parse::<IpAddr>().is_ok());
        if known && !authority.as_str().contains('@') {
            return Ok(());
        }
        Err(Problem::misdirected(format!(
            "this server is not known as `{0}`: ask it as localhost, or start it with --allow-host {0}",
            echo(&name)
        )))
    }
}

/// A host in the one form in which hosts are compared: an address as its shortest text, a name in small
/// letters, without brackets and without a dot at the end.
fn plain(name: &str) -> String {
    let name = name.trim();
    let name = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(name);
    match name.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().to_string(),
        Err(_) => name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderValue, StatusCode};

    fn ask(list: &HostList, host: &str) -> Result<(), StatusCode> {
        let headers = HeaderMap::from_iter([(HOST, HeaderValue::from_str(host).unwrap())]);
        list.check(&headers, &Uri::from_static("/"), Version::HTTP_11)
            .map_err(|problem| problem.status())
    }

    #[test]
    fn names_are_compared_and_ports_are_not() {
        let list = HostList::new("127.0.0.1:7070".parse().unwrap(), &["Box.Example".to_owned()]);
        for good in [
            "localhost",
            "LOCALHOST:1",
            "127.0.0.1:9",
            "[::1]:7070",
            "[0:0:0:0:0:0:0:1]",
            "[::ffff:127.0.0.1]",
            "localhost.",
            "box.example:443",
        ] {
            assert_eq!(ask(&list, good), Ok(()), "{good}");
        }
        for evil in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "127.0.0.2",
            "xlocalhost",
        ] {
            assert_eq!(ask(&list, evil), Err(StatusCode::MISDIRECTED_REQUEST), "{evil}");
        }
        for bad in ["", "a b", "localhost:port:port", "http://localhost/"] {
            assert_eq!(ask(&list, bad), Err(StatusCode::BAD_REQUEST), "{bad:?}");
        }
        assert!(ask(&list, "user@localhost").is_err());
    }

    #[test]
    fn a_server_on_every_address_is_known_by_any_address_but_by_no_other_name() {
        let list = HostList::new("0.0.0.0:7070".parse().unwrap(), &[]);
        assert_eq!(ask(&list, "192.0.2.7:7070"), Ok(()));
        assert_eq!(ask(&list, "[2001:db8::1]"), Ok(()));
        assert_eq!(ask(&list, "evil.example"), Err(StatusCode::MISDIRECTED_REQUEST));
    }

    #[test]
    fn the_host_must_be_there_once_and_agree_with_a_full_address() {
        let list = HostList::new("127.0.0.1:7070".parse().unwrap(), &[]);
        let status = |headers: &HeaderMap, uri: &'static str, version| {
            list.check(headers, &Uri::from_static(uri), version).map_err(|problem| problem.status())
        };
        let none = HeaderMap::new();
        assert_eq!(status(&none, "/", Version::HTTP_11), Err(StatusCode::BAD_REQUEST));
        assert_eq!(status(&none, "/", Version::HTTP_10), Ok(()));
        let mut twice = HeaderMap::new();
        twice.append(HOST, HeaderValue::from_static("localhost"));
        assert_eq!(
            status(&twice, "http://evil.example/", Version::HTTP_11),
            Err(StatusCode::MISDIRECTED_REQUEST)
        );
        twice.append(HOST, HeaderValue::from_static("localhost"));
        assert_eq!(status(&twice, "/", Version::HTTP_11), Err(StatusCode::BAD_REQUEST));
    }
}
