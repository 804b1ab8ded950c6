//! The configuration: gathered raw from flags, environment and files, then decided once.
//!
//! A flag wins over the environment, that over the user's file, that over the system's file, that over
//! the default. Only the decided [`Config`] travels further.

mod alerts;
mod layers;
mod print;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use ramscope_observe::pace::Interval;
use ramscope_observe::when::{self, Size};

use crate::args::{PlaceArgs, ServeArgs};
use crate::failure::Usage;

pub(crate) use alerts::Alert;
use layers::Setting;
pub(crate) use layers::{Environment, Settings};
pub(crate) use print::run;

/// Everything `serve` needs, decided.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// Address to serve on.
    pub listen: SocketAddr,
    /// Time between samples.
    pub interval: Interval,
    /// Age at which history goes.
    pub keep: Duration,
    /// Size of the history on disk at which the oldest detail goes, in bytes.
    pub max_size_bytes: u64,
    /// Where history and token are.
    pub data_dir: PathBuf,
    /// Host names to answer to, beside the loopback's.
    pub allow_hosts: Vec<String>,
    /// Whether nobody may change anything.
    pub read_only: bool,
    /// Whether only the labs are served: nothing is sampled, recorded or written.
    pub labs_only: bool,
    /// Whether any site may show the page in a frame.
    pub allow_embed: bool,
    /// Whether the page and the API are served at all.
    pub web: bool,
    /// Who is told of what.
    pub alerts: Vec<Alert>,
    /// Where the five newest numbers are kept, if anywhere.
    pub latest_json: Option<PathBuf>,
    /// Whether processes are looked at.
    pub processes: bool,
    /// How many applications `/metrics` names.
    pub metrics_top: usize,
}

impl Config {
    /// Decides every setting; an error names the value and where it came from.
    pub(crate) fn decide(settings: &Settings) -> Result<Self, Usage> {
        let config = Self::read(settings)?;
        if config.labs_only && !config.web {
            let [labs, web] =
                [Setting::LabsOnly, Setting::Web].map(|setting| &settings.get(setting).origin);
            return Err(Usage(format!(
                "labs_only = true (from {labs}) serves the labs, and web = false (from {web}) serves nothing: \
                 leave one of them out"
            )));
        }
        Ok(config)
    }

    fn read(settings: &Settings) -> Result<Self, Usage> {
        Ok(Self {
            listen: decide(settings, Setting::Listen, parse_listen)?,
            interval: decide(settings, Setting::Interval, |text| text.parse().map_err(text_of))?,
            keep: decide(settings, Setting::Keep, parse_keep)?,
            max_size_bytes: decide(settings, Setting::MaxSize, parse_max_size)?,
            data_dir: decide(settings, Setting::DataDir, parse_data_dir)?,
            allow_hosts: decide(settings, Setting::AllowHost, |text| Ok(parse_hosts(text)))?,
            read_only: decide(settings, Setting::ReadOnly, parse_switch)?,
            labs_only: decide(settings, Setting::LabsOnly, parse_switch)?,
            allow_embed: decide(settings, Setting::AllowEmbed, parse_switch)?,
            web: decide(settings, Setting::Web, parse_switch)?,
            alerts: settings.alerts.clone(),
            latest_json: decide(settings, Setting::LatestJson, |text| {
                Ok(parse_optional_path(text))
            })?,
            processes: decide(settings, Setting::Processes, parse_switch)?,
            metrics_top: decide(settings, Setting::MetricsTop, parse_metrics_top)?,
        })
    }
}

/// Decides the data directory alone, for commands that need nothing else.
pub(crate) fn data_dir(place: &PlaceArgs, environment: &Environment) -> Result<PathBuf> {
    let serve = ServeArgs { place: place.clone(), ..ServeArgs::default() };
    let settings = Settings::gather(&serve, environment)?;
    Ok(decide(&settings, Setting::DataDir, parse_data_dir)?)
}

fn decide<T>(
    settings: &Settings,
    setting: Setting,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<T, Usage> {
    let given = settings.get(setting);
    parse(&given.value).map_err(|why| {
        Usage(format!("{} = {:?} (from {}): {why}", setting.key(), given.value, given.origin))
    })
}

fn text_of(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn parse_listen(text: &str) -> Result<SocketAddr, String> {
    let text =
        text.strip_prefix("localhost:").map_or(text.to_owned(), |port| format!("127.0.0.1:{port}"));
    text.parse().map_err(|_| {
        "an address and a port are wanted, as in 127.0.0.1:7070 or [::1]:7070".to_owned()
    })
}

fn parse_keep(text: &str) -> Result<Duration, String> {
    let keep = when::duration(text).map_err(text_of)?;
    if keep < Duration::from_secs(60) {
        return Err("history is kept for at least a minute, as in 30d".to_owned());
    }
    Ok(keep)
}

/// The least that SQLite, its write-ahead log and an hour of samples fit into.
const MIN_SIZE_BYTES: u64 = 8 << 20;

fn parse_max_size(text: &str) -> Result<u64, String> {
    match when::size(text).map_err(text_of)? {
        Size::Bytes(bytes) if bytes >= MIN_SIZE_BYTES => Ok(bytes),
        Size::Bytes(_) => Err("the history needs at least 8MiB, as in 1GiB".to_owned()),
        Size::Share(_) => {
            Err("a size in bytes is wanted, as in 1GiB: the disk is not ramscope's alone"
                .to_owned())
        }
    }
}

fn parse_data_dir(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() {
        return Err("no home directory is known: give --data-dir, or set RAMSCOPE_DATA_DIR, XDG_DATA_HOME or HOME".to_owned());
    }
    Ok(PathBuf::from(text))
}

fn parse_hosts(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn parse_switch(text: &str) -> Result<bool, String> {
    match text {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" => Ok(false),
        _ => Err("true or false is wanted".to_owned()),
    }
}

/// More applications than this make no page of metrics that anybody wants to keep.
const METRICS_TOP_MAX: usize = 1000;

fn parse_metrics_top(text: &str) -> Result<usize, String> {
    let wanted = text.parse().ok().filter(|top| *top <= METRICS_TOP_MAX);
    wanted.ok_or_else(|| format!("a number from 0 to {METRICS_TOP_MAX} is wanted, as in 20"))
}

fn parse_optional_path(text: &str) -> Option<PathBuf> {
    (!text.is_empty()).then(|| PathBuf::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(pairs: &[(&str, &str)]) -> Result<Config> {
        let environment = Environment::of(pairs.iter().copied());
        let settings = Settings::gather(&ServeArgs::default(), &environment)?;
        Ok(Config::decide(&settings)?)
    }

    #[test]
    fn the_defaults_are_those_of_the_help() {
        let config = decided(&[("HOME", "/srv/someone")]).unwrap();
        assert_eq!(config.listen, "127.0.0.1:7070".parse().unwrap());
        assert_eq!(config.keep, Duration::from_secs(30 * 86_400));
        assert_eq!(config.max_size_bytes, 1 << 30);
        assert_eq!(config.data_dir, PathBuf::from("/srv/someone/.local/share/ramscope"));
        assert!(config.web && !config.read_only && config.allow_hosts.is_empty());
    }

    #[test]
    fn a_wrong_value_is_named_with_where_it_came_from() {
        for (key, value, words) in [
            ("RAMSCOPE_LISTEN", "7070", "an address and a port are wanted"),
            ("RAMSCOPE_INTERVAL", "9ms", "10ms"),
            ("RAMSCOPE_INTERVAL", "0", "10ms"),
            ("RAMSCOPE_KEEP", "5s", "at least a minute"),
            ("RAMSCOPE_MAX_SIZE", "1KiB", "at least 8MiB"),
            ("RAMSCOPE_READ_ONLY", "perhaps", "true or false"),
        ] {
            let error = decided(&[("HOME", "/srv/someone"), (key, value)]).unwrap_err().to_string();
            assert!(error.contains(words) && error.contains(key), "{error}");
        }
    }

    #[test]
    fn labs_that_are_not_served_are_a_contradiction() {
        let pairs =
            [("HOME", "/srv/someone"), ("RAMSCOPE_LABS_ONLY", "on"), ("RAMSCOPE_WEB", "off")];
        let error = decided(&pairs).unwrap_err().to_string();
        assert!(error.contains("RAMSCOPE_LABS_ONLY") && error.contains("leave one"), "{error}");
        assert!(decided(&pairs[..2]).unwrap().labs_only);
    }

    #[test]
    fn without_a_home_the_data_directory_is_asked_for() {
        let error = decided(&[]).unwrap_err().to_string();
        assert!(error.contains("--data-dir"), "{error}");
    }
}
