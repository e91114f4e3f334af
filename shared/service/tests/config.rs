//! Settings from given sources: what they come to, and every fault by name.

use std::time::Duration;

use counterfoil_service::config::{
    ClientAddress, Config, EndpointConfig, LogFormat, Mode, Need, Payload, Sources,
};
use secrecy::ExposeSecret;

const FILE: &str = "/etc/counterfoil.toml";

fn load(environment: &[(&str, &str)], file: &str, needs: &[Need]) -> Result<Config, Vec<String>> {
    let mut environment = environment.to_vec();
    let mut files = vec![
        ("/run/secret", "whsec_from_file\n"),
        ("/run/two", "whsec_a\nwhsec_b\r\n"),
        ("/run/empty", "\n"),
    ];
    if !file.is_empty() {
        environment.push(("COUNTERFOIL_CONFIG", FILE));
        files.push((FILE, file));
    }
    Config::load(&Sources::given(environment).with_files(files), needs)
        .map_err(|faults| faults.0.iter().map(ToString::to_string).collect())
}

fn secrets(endpoint: &EndpointConfig) -> Vec<&str> {
    endpoint.secrets.iter().map(ExposeSecret::expose_secret).collect()
}

#[test]
fn nothing_set_gives_the_documented_defaults() {
    let config = load(&[], "", &[]).unwrap();
    assert_eq!(config.ingest.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.api.listen.to_string(), "127.0.0.1:8081");
    let admin = &config.admin;
    let ports = [admin.ingest, admin.worker, admin.reconciler, admin.api].map(|it| it.port());
    assert_eq!(ports, [9101, 9102, 9103, 9104]);
    assert_eq!(config.ingest.body_limit_bytes, 1_048_576);
    assert_eq!(config.ingest.client_address, ClientAddress::Peer);
    assert!(config.ingest.allowed_addresses.is_empty());
    assert!(config.ingest.endpoints.is_empty());
    assert_eq!(config.worker.batch_max, 200);
    assert_eq!(config.worker.payload_retention_days, 35);
    assert_eq!(config.telemetry.format, LogFormat::Readable);
    assert_eq!(config.stripe.api_base, "https://api.stripe.com");
    assert_eq!(config.shutdown_grace, Duration::from_secs(25));
    assert!(config.bus().is_err() && config.store().is_err());
}

#[test]
fn the_environment_wins_over_a_named_file_over_the_toml_file_over_the_default() {
    let toml = "[stripe]\nwebhook_secret = [\"whsec_toml\"]\n[worker]\nbatch_max = 7\n";
    let named = ("STRIPE_WEBHOOK_SECRET_FILE", "/run/secret");
    let direct = ("STRIPE_WEBHOOK_SECRET", "whsec_env");
    for (environment, expected) in [
        (vec![], "whsec_toml"),
        (vec![named], "whsec_from_file"),
        (vec![named, direct], "whsec_env"),
        (vec![("STRIPE_WEBHOOK_SECRET", "")], "whsec_toml"),
    ] {
        let config = load(&environment, toml, &[]).unwrap();
        assert_eq!(secrets(&config.ingest.endpoints[0]), [expected]);
        assert_eq!(config.worker.batch_max, 7);
    }
    let config = load(&[("COUNTERFOIL_WORKER_BATCH_MAX", "9")], toml, &[]).unwrap();
    assert_eq!(config.worker.batch_max, 9);
}

#[test]
fn a_file_named_by_argument_wins_over_one_named_in_the_environment() {
    let mut sources = Sources::given([("COUNTERFOIL_CONFIG", "/a")])
        .with_files([("/a", "[worker]\nbatch_max = 1\n"), ("/b", "[worker]\nbatch_max = 2\n")]);
    assert_eq!(Config::load(&sources, &[]).unwrap().worker.batch_max, 1);
    sources = sources.with_config_argument("/b".into());
    assert_eq!(Config::load(&sources, &[]).unwrap().worker.batch_max, 2);
}

#[test]
fn endpoints_take_what_they_do_not_say_from_the_plain_settings() {
    let environment = [
        ("STRIPE_WEBHOOK_SECRET", "whsec_old, whsec_new"),
        ("COUNTERFOIL_STRIPE_ACCOUNT", "acct_1"),
        ("COUNTERFOIL_STRIPE_API_VERSION", "2026-10-28.endive"),
        ("COUNTERFOIL_STRIPE_CONNECT", "true"),
    ];
    let toml = r#"
        [[endpoints]]
        name = "thin"
        payload = "thin"
        secrets_file = "/run/two"

        [[endpoints]]
        name = "other"
        secrets = ["whsec_c"]
        account = "acct_2"
        mode = "live"
        tolerance_seconds = 60
        api_version = "2020-08-27"
        connect = true
    "#;
    let config = load(&environment, toml, &[Need::Endpoints]).unwrap();
    let [own, thin, other] = config.ingest.endpoints.as_slice() else { panic!("{config:?}") };
    assert_eq!((own.name.as_str(), secrets(own)), ("stripe", vec!["whsec_old", "whsec_new"]));
    assert_eq!((own.account.as_deref(), own.connect), (Some("acct_1"), true));
    assert_eq!((thin.payload, secrets(thin)), (Payload::Thin, vec!["whsec_a", "whsec_b"]));
    assert_eq!((thin.account.as_deref(), thin.api_version.as_deref()), (Some("acct_1"), None));
    assert_eq!((thin.tolerance, thin.connect), (Duration::from_mins(5), false));
    assert_eq!((other.account.as_deref(), other.mode), (Some("acct_2"), Mode::Live));
    assert_eq!((other.tolerance, other.connect), (Duration::from_mins(1), true));
    assert_eq!(other.api_version.as_deref(), Some("2020-08-27"));
}

fn refused(environment: &[(&str, &str)], toml: &str, needs: &[Need], expected: &[&str]) {
    let faults = load(environment, toml, needs).err().unwrap_or_default();
    let fits = faults.len() == expected.len()
        && faults.iter().zip(expected).all(|(fault, start)| fault.starts_with(start));
    assert!(fits, "{faults:#?}\nexpected to begin with {expected:#?}");
    assert!(faults.iter().all(|it| it.contains("; expected ")), "{faults:#?}");
    assert!(!faults.concat().contains("hush"), "a secret is shown: {faults:#?}");
}

#[test]
fn every_fault_is_named_with_its_source_and_all_come_at_once() {
    refused(
        &[
            ("COUNTERFOIL_INGEST_LISTEN", "here"),
            ("COUNTERFOIL_WORKER_BATCH_MAX", "0"),
            ("COUNTERFOIL_SHUTDOWN_GRACE", "soon"),
            ("COUNTERFOIL_LOG_FORMAT", "xml"),
            ("COUNTERFOIL_INGEST_LISTN", "x"),
            ("AMQP_URL", "http://hush"),
        ],
        "speed = 1\n[ingest]\nport = 1\nclient_address = \"proxy\"\n[store]\nmigrate_at_start = 2.5\n",
        &[Need::Bus, Need::Store],
        &[
            "ingest.port (file /etc/counterfoil.toml): there is no such setting",
            "speed (file /etc/counterfoil.toml): there is no such setting",
            "COUNTERFOIL_INGEST_LISTN (environment): there is no such setting",
            "ingest.listen (environment COUNTERFOIL_INGEST_LISTEN): \"here\" does not fit",
            "ingest.client_address (file /etc/counterfoil.toml): \"proxy\" does not fit",
            "worker.batch_max (environment COUNTERFOIL_WORKER_BATCH_MAX): \"0\" does not fit",
            "log.format (environment COUNTERFOIL_LOG_FORMAT): \"xml\" does not fit",
            "shutdown.grace (environment COUNTERFOIL_SHUTDOWN_GRACE): \"soon\" does not fit",
            "bus.url (environment AMQP_URL): its value does not fit (it is not shown)",
            "store.migrate_at_start (file /etc/counterfoil.toml): it is neither",
            "store.url (environment DATABASE_URL or DATABASE_URL_FILE): it is not set",
        ],
    );
}

#[test]
fn what_is_needed_and_missing_is_named() {
    refused(
        &[],
        "",
        &[Need::Bus, Need::Store, Need::StripeKey, Need::Endpoints],
        &["bus.url", "store.url", "stripe.secret_key", "stripe.webhook_secret"],
    );
}

#[test]
fn a_blank_or_broken_secret_is_refused_and_never_replaced_by_another_source() {
    let key = "stripe.webhook_secret (environment STRIPE_WEBHOOK_SECRET)";
    refused(&[("STRIPE_WEBHOOK_SECRET", "whsec_hush,,")], "", &[], &[key, key]);
    refused(
        &[("STRIPE_WEBHOOK_SECRET_FILE", "/run/none")],
        "[stripe]\nwebhook_secret = \"whsec_hush\"\n",
        &[Need::Endpoints],
        &["stripe.webhook_secret (file /run/none, named by STRIPE_WEBHOOK_SECRET_FILE): it cannot"],
    );
    refused(
        &[("DATABASE_URL_FILE", "/run/empty")],
        "",
        &[Need::Store],
        &["store.url (file /run/empty, named by DATABASE_URL_FILE): it is empty"],
    );
}

#[test]
fn a_key_works_only_in_its_own_mode_and_a_live_one_only_over_https() {
    let check = |key: &str, livemode: &str, base: &str, expected: &[&str]| {
        let environment = [
            ("STRIPE_SECRET_KEY", key),
            ("COUNTERFOIL_STRIPE_LIVEMODE", livemode),
            ("STRIPE_API_BASE", base),
        ];
        if expected.is_empty() {
            assert!(load(&environment, "", &[]).is_ok(), "{key} {livemode} {base}");
        } else {
            refused(&environment, "", &[], expected);
        }
    };
    let compared = "stripe.secret_key (compared with other settings): it is a";
    check("sk_test_hush", "test", "http://127.0.0.1:1", &[]);
    check("rk_test_hush", "any", "", &[]);
    check("sk_live_hush", "live", "", &[]);
    check("sk_test_hush", "live", "", &[compared]);
    check("rk_live_hush", "test", "", &[compared]);
    check("sk_live_hush", "any", "http://127.0.0.1:1", &[compared]);
    let form = "stripe.secret_key (environment STRIPE_SECRET_KEY): its value does not fit";
    check("pk_live_hush", "any", "", &[form]);
    check("sk_live_", "any", "", &[form]);
    check("hush", "any", "", &[form]);
}

#[test]
fn an_allow_list_needs_an_address_to_compare() {
    let addresses = ("COUNTERFOIL_INGEST_ALLOWED_ADDRESSES", "3.18.12.63, 10.0.0.0/8");
    assert_eq!(load(&[addresses], "", &[]).unwrap().ingest.allowed_addresses.len(), 2);
    refused(
        &[addresses, ("COUNTERFOIL_INGEST_CLIENT_ADDRESS", "none")],
        "",
        &[],
        &["ingest.allowed_addresses (compared with other settings): it is set"],
    );
}

#[test]
fn endpoints_that_contradict_themselves_are_refused() {
    let source = "(file /etc/counterfoil.toml)";
    let entry =
        |rest: &str| format!("[[endpoints]]\nname = \"a\"\nsecrets = [\"whsec_hush\"]\n{rest}");
    let check = |toml: &str, expected: &str| refused(&[], toml, &[], &[expected]);
    check(&entry("speed = 1"), &format!("endpoints[1].speed {source}: there is no such"));
    check(&entry("mode = \"production\""), &format!("endpoints[1].mode {source}: \"production\""));
    check(&entry("tolerance_seconds = 0"), &format!("endpoints[1].tolerance_seconds {source}"));
    check(&entry("connect = \"yes\""), &format!("endpoints[1].connect {source}"));
    check(&entry("account = \"cus_1\""), &format!("endpoints[1].account {source}: \"cus_1\""));
    check("[[endpoints]]\nname = \"a\"\n", &format!("endpoints[1].secrets {source}: no secret"));
    check(
        "[[endpoints]]\nname = \"a\"\nsecrets = [\"whsec_hush\", \" \"]\n",
        &format!("endpoints[1].secrets {source}: one of them is blank"),
    );
    check("[[endpoints]]\nsecrets = [\"whsec_hush\"]\n", &format!("endpoints[1].name {source}"));
    check(
        &format!("{}\n{}", entry(""), entry("")),
        &format!("endpoints.name {source}: \"a\" is there twice"),
    );
    check(
        &format!("[stripe]\nlivemode = \"live\"\n{}", entry("mode = \"test\"")),
        &format!("endpoints[1].mode {source}: it differs"),
    );
}

#[test]
fn a_broken_file_is_named_by_its_line_without_showing_it() {
    refused(
        &[],
        "[stripe]\nsecret_key = \"hush\n",
        &[],
        &["the settings file (file /etc/counterfoil.toml): line 2 is not TOML"],
    );
    refused(
        &[("COUNTERFOIL_CONFIG", "/none")],
        "",
        &[],
        &["the settings file (file /none): it cannot be read"],
    );
}

#[test]
fn neither_a_config_nor_its_sources_show_a_secret() {
    let environment = [
        ("STRIPE_SECRET_KEY", "sk_test_hush"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_hush"),
        ("AMQP_URL", "amqp://guest:hush@host"),
        ("DATABASE_URL", "postgres://me:hush@host/db"),
    ];
    let config = load(&environment, "", &[Need::Bus, Need::Store]).unwrap();
    assert!(!format!("{config:?}").contains("hush"));
    assert!(!format!("{:?}", Sources::given(environment)).contains("hush"));
    assert_eq!(config.bus().unwrap().url.expose_secret(), "amqp://guest:hush@host");
    assert_eq!(config.store().unwrap().url.expose_secret(), "postgres://me:hush@host/db");
}
