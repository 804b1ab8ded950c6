//! `ramscope config show|check`: every setting with where it came from, and what is wrong in the files.

use anyhow::Result;
use serde_json::{Value, json};

use super::{Config, Environment, Setting, Settings};
use crate::args::{ConfigAction, ConfigFormat, PlaceArgs, ServeArgs};
use crate::output::{Output, Table};

/// Shows or checks the configuration.
pub(crate) fn run(
    action: &ConfigAction,
    environment: &Environment,
    out: &mut Output,
) -> Result<()> {
    match action {
        ConfigAction::Show(args) => {
            let settings = gather(&args.place, environment)?;
            match args.format {
                ConfigFormat::Table => out.text(&as_table(&settings)),
                ConfigFormat::Json => out.line(&format!("{:#}", as_json(&settings))),
            }
        }
        ConfigAction::Check(place) => {
            let settings = gather(place, environment)?;
            Config::decide(&settings)?;
            let files: Vec<_> =
                settings.files.iter().map(|path| path.display().to_string()).collect();
            match files.is_empty() {
                true => out.line("no configuration file; the defaults are sound"),
                false => out.line(&format!("sound: {}", files.join(", "))),
            }
        }
    }
}

fn gather(place: &PlaceArgs, environment: &Environment) -> Result<Settings> {
    Settings::gather(&ServeArgs { place: place.clone(), ..ServeArgs::default() }, environment)
}

fn as_table(settings: &Settings) -> String {
    let mut table = Table::default();
    table.row(["SETTING", "VALUE", "FROM"]);
    for setting in Setting::ALL {
        let given = settings.get(setting);
        let value = if given.value.is_empty() { "—" } else { &given.value };
        table.row([setting.key(), value, &given.origin.to_string()]);
    }
    for alert in &settings.alerts {
        let name = format!("alert {}", alert.rule.name);
        let value = match alert.run.first() {
            Some(program) => format!("runs {program}"),
            None => "recorded as an event".to_owned(),
        };
        table.row([name.as_str(), &value, &alert.origin]);
    }
    table.render(&[0, 1, 2])
}

fn as_json(settings: &Settings) -> Value {
    let entry = |setting: Setting| {
        let given = settings.get(setting);
        (
            setting.key().to_owned(),
            json!({ "value": given.value, "from": given.origin.to_string() }),
        )
    };
    let alerts: Vec<Value> = settings
        .alerts
        .iter()
        .map(|alert| json!({ "name": alert.rule.name, "run": alert.run, "from": alert.origin }))
        .collect();
    json!({ "schema_version": 1, "alerts": alerts, "settings": Setting::ALL.map(entry).into_iter().collect::<serde_json::Map<_, _>>() })
}
