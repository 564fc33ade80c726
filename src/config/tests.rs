//! Tests of the configuration.

use super::{Config, ConfigError, LogFormat, ReleaseLevel};
use crate::i18n::Lang;
use std::path::Path;

fn read(text: &str, environment: &[(&str, &str)], flags: &[&str]) -> Result<Config, ConfigError> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("thidua.toml"), text).unwrap();
    let environment =
        environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
    Config::load(dir.path(), None, environment, &flags)
}

#[test]
fn the_file_that_init_writes_says_the_defaults() {
    for lang in Lang::all() {
        let mut config = read(lang.file("server-config.toml"), &[], &[]).unwrap();
        config.dir = Config::default().dir;
        assert_eq!(config, Config::default(), "{lang}");
    }
}

#[test]
fn a_flag_goes_over_the_environment_and_the_environment_over_the_file() {
    let text = "[listen]\naddress = \"127.0.0.1:1\"\n[log]\nformat = \"json\"\n";
    let environment = [
        ("THIDUA_LISTEN_ADDRESS", "127.0.0.1:2"),
        ("THIDUA_LISTEN_PUBLIC", "https://a:1, https://b:2"),
        ("THIDUA_JOBS_ENABLED", "false"),
        ("THIDUA_LIMITS_CONNECTIONS", "7"),
        ("THIDUA_LANG", "en"),
        ("HOME", "/root"),
    ];
    let config = read(text, &environment, &["listen.address=127.0.0.1:3"]).unwrap();
    assert_eq!(config.listen.address, "127.0.0.1:3");
    assert_eq!(config.listen.public, ["https://a:1", "https://b:2"]);
    assert_eq!((config.jobs.enabled, config.limits.connections.get()), (false, 7));
    assert_eq!(config.log.format, LogFormat::Json);
}

#[test]
fn an_unknown_key_is_refused_wherever_it_comes_from() {
    let error = read("[listen]\naddress = \"127.0.0.1:1\"\nadress = \"x\"\n", &[], &[])
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("thidua.toml:3: unknown field `adress`, expected one of `address`"),
        "{error}"
    );
    let error = read("", &[("THIDUA_LISTEN_ADRESS", "x")], &[]).unwrap_err().to_string();
    assert!(error.starts_with("THIDUA_LISTEN_ADRESS: unknown field `adress`"), "{error}");
    let error = read("", &[], &["lissen.address=x"]).unwrap_err().to_string();
    assert!(error.starts_with("--set lissen.address: unknown section `lissen`"), "{error}");
    assert!(read("", &[], &["limits.connections=0"]).is_err());
}

#[test]
fn the_released_levels_are_words_and_a_wrong_one_names_those_there_are() {
    let config = read("[release]\nlevels = [\"PROVINCE\", \"COMMUNE\"]\n", &[], &[]).unwrap();
    assert_eq!(config.release.levels, [ReleaseLevel::Province, ReleaseLevel::Commune]);
    assert!(read("", &[], &[]).unwrap().release.levels.is_empty());
    let error = read("[release]\nlevels = [\"XA\"]\n", &[], &[]).unwrap_err().to_string();
    assert!(error.contains("`PROVINCE`") && error.contains("`COMMUNE`"), "{error}");
}

#[test]
fn an_origin_is_a_host_as_a_browser_writes_it_and_never_a_wildcard() {
    let text = "[listen]\nallowed_origins = [\"https://a.vn\", \"http://localhost:5173\"]\n";
    let origins = read(text, &[], &[]).unwrap().listen.allowed_origins;
    assert_eq!(origins.iter().map(ToString::to_string).collect::<Vec<_>>().len(), 2);
    let given = [("THIDUA_LISTEN_ALLOWED_ORIGINS", "https://a.vn, https://b.vn:8443")];
    assert_eq!(read("", &given, &[]).unwrap().listen.allowed_origins.len(), 2);
    for bad in ["*", "null", "a.vn", "https://", "https://A.vn", "https://a.vn/", "https://*.vn"] {
        let text = format!("[listen]\nallowed_origins = [\"{bad}\"]\n");
        let error = read(&text, &[], &[]).unwrap_err().to_string();
        assert!(error.contains("thidua.toml:2") && error.contains("is no origin"), "{error}");
    }
}

#[test]
fn a_password_in_the_database_url_is_never_printed() {
    let config = read("", &[("THIDUA_DATABASE_URL", "postgres://u:hunter2@db/x")], &[]).unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
    assert_eq!(config.database_url(), "postgres://u:hunter2@db/x");
}

#[test]
fn a_relative_database_lies_in_the_data_directory() {
    let config = Config { dir: Path::new("/var/lib/thidua").to_owned(), ..Config::default() };
    assert_eq!(config.database_url(), "sqlite:/var/lib/thidua/thidua.db");
}

#[test]
fn the_code_of_a_card_is_valid_from_ten_minutes_to_thirty_days() {
    let minutes = |value: &str| {
        let config = read("", &[], &[format!("enrolment.code_minutes={value}").as_str()]);
        config.map(|config| config.enrolment.code_minutes.get()).map_err(|error| error.to_string())
    };
    assert_eq!(Config::default().enrolment.code_minutes.get(), 10);
    assert_eq!((minutes("10"), minutes("43200")), (Ok(10), Ok(43_200)));
    for refused in ["9", "43201", "-1", "soon"] {
        let error = minutes(refused).unwrap_err();
        assert!(error.starts_with("--set enrolment.code_minutes: "), "{error}");
    }
    let error = read("[enrolment]\ncode_minutes = 9\n", &[], &[]).unwrap_err().to_string();
    assert!(error.contains("thidua.toml:2: 9 is not from 10 minutes to 43200"), "{error}");
}
