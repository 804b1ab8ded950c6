//! The raw stage: every setting as a string, with where it came from.

use std::collections::BTreeMap;
use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use miette::{LabeledSpan, MietteDiagnostic, NamedSource};
use toml::de::{DeTable, DeValue};

use super::alerts::{self, Alert};
use crate::args::ServeArgs;
use crate::failure::Usage;

/// One setting of `serve`, in the order in which `config show` prints them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Setting {
    /// Address and port to serve on.
    Listen,
    /// Time between samples.
    Interval,
    /// Age at which history goes.
    Keep,
    /// Size at which history goes.
    MaxSize,
    /// Where history and token are.
    DataDir,
    /// Further host names to answer to.
    AllowHost,
    /// Whether nobody may change anything.
    ReadOnly,
    /// Whether only the labs are served.
    LabsOnly,
    /// Whether any site may show the page in a frame.
    AllowEmbed,
    /// Whether page and API are served.
    Web,
    /// Where the newest five numbers are kept.
    LatestJson,
    /// Whether processes are looked at.
    Processes,
    /// How many applications `/metrics` names.
    MetricsTop,
}

impl Setting {
    /// All of them.
    pub(crate) const ALL: [Self; 13] = [
        Self::Listen,
        Self::Interval,
        Self::Keep,
        Self::MaxSize,
        Self::DataDir,
        Self::AllowHost,
        Self::ReadOnly,
        Self::LabsOnly,
        Self::AllowEmbed,
        Self::Web,
        Self::LatestJson,
        Self::Processes,
        Self::MetricsTop,
    ];

    /// Its key in a file; in the environment it is `RAMSCOPE_` and the key in capitals.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Listen => "listen",
            Self::Interval => "interval",
            Self::Keep => "keep",
            Self::MaxSize => "max_size",
            Self::DataDir => "data_dir",
            Self::AllowHost => "allow_host",
            Self::ReadOnly => "read_only",
            Self::LabsOnly => "labs_only",
            Self::AllowEmbed => "allow_embed",
            Self::Web => "web",
            Self::LatestJson => "latest_json",
            Self::Processes => "processes",
            Self::MetricsTop => "metrics_top",
        }
    }

    fn variable(self) -> String {
        format!("RAMSCOPE_{}", self.key().to_uppercase())
    }

    fn default(self, environment: &Environment) -> String {
        match self {
            Self::Listen => "127.0.0.1:7070".to_owned(),
            Self::Interval => "1s".to_owned(),
            Self::Keep => "30d".to_owned(),
            Self::MaxSize => "1GiB".to_owned(),
            Self::DataDir => environment.default_data_dir(),
            Self::AllowHost | Self::LatestJson => String::new(),
            Self::ReadOnly | Self::LabsOnly | Self::AllowEmbed => "false".to_owned(),
            Self::Web => "true".to_owned(),
            Self::Processes => "on".to_owned(),
            Self::MetricsTop => "20".to_owned(),
        }
    }

    fn flag(self, args: &ServeArgs) -> Option<String> {
        let path =
            |path: &Option<PathBuf>| path.as_ref().map(|path| path.to_string_lossy().into_owned());
        match self {
            Self::Listen => args.listen.clone(),
            Self::Interval => args.interval.clone(),
            Self::Keep => args.keep.clone(),
            Self::MaxSize => args.max_size.clone(),
            Self::DataDir => path(&args.place.data_dir),
            Self::AllowHost => (!args.allow_host.is_empty()).then(|| args.allow_host.join(",")),
            Self::ReadOnly => args.read_only.then(|| "true".to_owned()),
            Self::LabsOnly => args.labs_only.then(|| "true".to_owned()),
            Self::AllowEmbed => args.allow_embed.then(|| "true".to_owned()),
            Self::Web => args.no_web.then(|| "false".to_owned()),
            Self::LatestJson => path(&args.latest_json),
            Self::Processes => args.processes.clone(),
            Self::MetricsTop => args.metrics_top.clone(),
        }
    }

    fn flag_name(self) -> String {
        match self {
            Self::Web => "--no-web".to_owned(),
            other => format!("--{}", other.key().replace('_', "-")),
        }
    }
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A flag on the command line.
    Flag(String),
    /// A variable of the environment.
    Variable(String),
    /// A line of a file.
    File {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
    },
    /// Nobody said otherwise.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => f.write_str(name),
            Self::Variable(name) => f.write_str(name),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A raw value and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Given {
    /// The value as text.
    pub value: String,
    /// Where it came from.
    pub origin: Origin,
}

/// The variables that ramscope looks at, handed in by `main`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment(BTreeMap<String, String>);

impl Environment {
    /// Takes what it needs of some variables.
    pub(crate) fn of<K: Into<String>, V: Into<String>>(
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        Self(variables.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }

    /// A variable's value; an empty one counts as unset, as XDG asks.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A folder of the XDG base directory specification, or its default below the home directory.
    pub(crate) fn xdg(&self, variable: &str, below_home: &str) -> Option<PathBuf> {
        let absolute = self.get(variable).map(PathBuf::from).filter(|path| path.is_absolute());
        absolute.or_else(|| self.get("HOME").map(|home| Path::new(home).join(below_home)))
    }

    fn default_data_dir(&self) -> String {
        let data_home = self.xdg("XDG_DATA_HOME", ".local/share");
        data_home
            .map(|path| path.join("ramscope").to_string_lossy().into_owned())
            .unwrap_or_default()
    }

    /// The files to read, the weakest first.
    fn files(&self) -> Vec<PathBuf> {
        let user =
            self.xdg("XDG_CONFIG_HOME", ".config").map(|path| path.join("ramscope/config.toml"));
        [Some(PathBuf::from("/etc/ramscope/config.toml")), user].into_iter().flatten().collect()
    }
}

/// Every setting, raw.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    given: BTreeMap<Setting, Given>,
    /// The alerts of all files.
    pub alerts: Vec<Alert>,
    /// The files that were found and read, the weakest first.
    pub files: Vec<PathBuf>,
}

impl Settings {
    /// Gathers all layers. Errors: a file that cannot be read, is no TOML, or holds an unknown key.
    pub(crate) fn gather(args: &ServeArgs, environment: &Environment) -> Result<Self> {
        let mut settings = Self::defaults(environment);
        let named = args
            .place
            .config
            .clone()
            .or_else(|| environment.get("RAMSCOPE_CONFIG").map(PathBuf::from));
        match named {
            Some(path) => settings.read_file(&path)?,
            None => settings.read_files_that_exist(environment.files())?,
        }
        for setting in Setting::ALL {
            let variable = setting.variable();
            if let Some(value) = environment.get(&variable) {
                settings.put(setting, value.to_owned(), Origin::Variable(variable));
            }
            if let Some(value) = setting.flag(args) {
                settings.put(setting, value, Origin::Flag(setting.flag_name()));
            }
        }
        Ok(settings)
    }

    /// A setting's raw value.
    pub(crate) fn get(&self, setting: Setting) -> &Given {
        &self.given[&setting]
    }

    fn defaults(environment: &Environment) -> Self {
        let default = |setting: Setting| Given {
            value: setting.default(environment),
            origin: Origin::Default,
        };
        Self {
            given: Setting::ALL.map(|setting| (setting, default(setting))).into(),
            alerts: Vec::new(),
            files: Vec::new(),
        }
    }

    fn put(&mut self, setting: Setting, value: String, origin: Origin) {
        self.given.insert(setting, Given { value, origin });
    }

    fn read_files_that_exist(&mut self, paths: Vec<PathBuf>) -> Result<()> {
        for path in paths {
            match self.read_file(&path) {
                Err(error) if is_missing(&error) => {}
                other => other?,
            }
        }
        Ok(())
    }

    fn read_file(&mut self, path: &Path) -> Result<()> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let source = FileText { path, text: &text };
        let table = DeTable::parse(&text)
            .map_err(|error| source.complaint(error.message(), error.span(), None))?;
        for (key, value) in table.get_ref() {
            if key.get_ref() == "alert" {
                self.alerts.extend(alerts::read(&source, value.get_ref(), value.span())?);
                continue;
            }
            let setting = source.setting(key.get_ref(), key.span())?;
            let line = source.line_of(key.span().start);
            let value = source.value_text(value.get_ref(), value.span())?;
            self.put(setting, value, Origin::File { path: path.to_owned(), line });
        }
        self.files.push(path.to_owned());
        Ok(())
    }
}

fn is_missing(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == ErrorKind::NotFound)
}

/// A configuration file's text, for complaints that point at the place.
pub(super) struct FileText<'a> {
    pub(super) path: &'a Path,
    text: &'a str,
}

impl FileText<'_> {
    fn setting(&self, key: &str, span: std::ops::Range<usize>) -> Result<Setting, Usage> {
        Setting::ALL.into_iter().find(|setting| setting.key() == key).ok_or_else(|| {
            let known = Setting::ALL.map(Setting::key).join(", ");
            self.complaint(
                &format!("there is no setting `{key}`"),
                Some(span),
                Some(format!("the settings are {known}; alerts are tables [[alert]]")),
            )
        })
    }

    fn value_text(
        &self,
        value: &DeValue<'_>,
        span: std::ops::Range<usize>,
    ) -> Result<String, Usage> {
        match value {
            DeValue::String(text) => Ok(text.to_string()),
            DeValue::Boolean(switch) => Ok(switch.to_string()),
            DeValue::Array(values) => {
                let texts: Result<Vec<_>, _> = values
                    .iter()
                    .map(|value| self.value_text(value.get_ref(), value.span()))
                    .collect();
                Ok(texts?.join(","))
            }
            _ => Err(self.complaint(
                "a text, true, false or a list of texts is wanted here",
                Some(span),
                Some("numbers stand in quotes with their unit, as in interval = \"1s\"".to_owned()),
            )),
        }
    }

    pub(super) fn line_of(&self, offset: usize) -> usize {
        self.text[..offset].matches('\n').count() + 1
    }

    pub(super) fn complaint(
        &self,
        message: &str,
        span: Option<std::ops::Range<usize>>,
        help: Option<String>,
    ) -> Usage {
        let mut diagnostic = MietteDiagnostic::new(message);
        if let Some(span) = span {
            diagnostic = diagnostic.with_label(LabeledSpan::at(span, "here"));
        }
        if let Some(help) = help {
            diagnostic = diagnostic.with_help(help);
        }
        let source = NamedSource::new(self.path.to_string_lossy(), self.text.to_owned());
        Usage(format!("{:?}", miette::Report::new(diagnostic).with_source_code(source)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::PlaceArgs;

    fn gather(file: &str, variables: &[(&str, &str)], listen: Option<&str>) -> Result<Settings> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("config.toml");
        std::fs::write(&path, file)?;
        let place = PlaceArgs { config: Some(path), ..PlaceArgs::default() };
        let args = ServeArgs { listen: listen.map(str::to_owned), place, ..ServeArgs::default() };
        Settings::gather(&args, &Environment::of(variables.iter().copied()))
    }

    #[test]
    fn a_flag_wins_over_the_environment_that_over_the_file_that_over_the_default() {
        let file = "listen = \"[::1]:1\"\n\ninterval = \"2s\"\nkeep = \"7d\"\n";
        let variables = [("RAMSCOPE_LISTEN", "[::1]:2"), ("RAMSCOPE_INTERVAL", "3s")];
        let settings = gather(file, &variables, Some("[::1]:3")).unwrap();
        let check = |setting, value, origin: &str| {
            let given = settings.get(setting);
            assert_eq!(given.value, value);
            assert!(given.origin.to_string().ends_with(origin), "{}", given.origin);
        };
        check(Setting::Listen, "[::1]:3", "--listen");
        check(Setting::Interval, "3s", "RAMSCOPE_INTERVAL");
        check(Setting::Keep, "7d", "config.toml:4");
        check(Setting::MaxSize, "1GiB", "default");
    }

    #[test]
    fn lists_and_switches_are_read_from_a_file() {
        let settings =
            gather("allow_host = [\"a\", \"b\"]\nread_only = true\n", &[], None).unwrap();
        assert_eq!(settings.get(Setting::AllowHost).value, "a,b");
        assert_eq!(settings.get(Setting::ReadOnly).value, "true");
    }

    #[test]
    fn a_complaint_points_at_the_place_in_the_file() {
        for (file, words) in [
            ("listne = \"x\"\n", "there is no setting `listne`"),
            ("interval = 1\n", "numbers stand in quotes"),
            ("interval = \n", "config.toml"),
        ] {
            let error = gather(file, &[], None).unwrap_err().to_string();
            assert!(error.contains(words) && error.contains("config.toml"), "{error}");
        }
    }

    #[test]
    fn a_named_file_that_is_missing_is_an_error() {
        let place = PlaceArgs { config: Some("missing.toml".into()), ..PlaceArgs::default() };
        let args = ServeArgs { place, ..ServeArgs::default() };
        let error = Settings::gather(&args, &Environment::default()).unwrap_err();
        assert!(format!("{error:#}").contains("cannot read missing.toml"));
    }
}
