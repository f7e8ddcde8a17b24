//! Who may use the servers, whom one trusts, and that no secret is ever shown.

#![cfg(feature = "servers")]

mod common;

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, Once, OnceLock};
use std::time::Duration;

use broadring::Ring;
use broadring_jetstream::servers::Servers;
use broadring_jetstream::{Access, ConnectError, Secret, Shipper, StreamOptions};
use broadring_log::codec::Postcard;
use nkeys::KeyPair;
use tempfile::TempDir;

use common::{PATIENCE, connect, options, servers_with, wait_until};

const PASSWORD: &str = "password-7f3a91";
const TOKEN: &str = "token-52c0de77";
const WRONG: &str = "wrong-64ab8e12";
/// With everything that has a meaning in an address.
const ODD: &str = "odd://p@ss/w:rd-1c9d";
/// The same as an address has it.
const ESCAPED: &str = "odd:%2F%2Fp%40ss/w:rd-1c9d";

/// Everything that anybody in this process has told `tracing`.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<u8>>>);

impl Write for Told {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Listens to everything from now on.
fn listen() -> &'static Told {
    static TOLD: OnceLock<Told> = OnceLock::new();
    static ONCE: Once = Once::new();
    let told = TOLD.get_or_init(Told::default);
    ONCE.call_once(|| {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(|| TOLD.get().unwrap().clone())
            .finish();
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
    told
}

/// Checks that a text has no secret.
#[track_caller]
fn check(text: &str, more: &[&str]) {
    for secret in [PASSWORD, TOKEN, WRONG, ODD, ESCAPED, "rd-1c9d"].iter().chain(more) {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
}

/// Checks that nobody was told a secret, and that somebody was told something.
#[track_caller]
fn check_told(more: &[&str]) {
    let told = String::from_utf8_lossy(&listen().0.lock().unwrap()).into_owned();
    assert!(told.contains("attempting connection"), "nothing was heard");
    for line in told.lines() {
        check(line, more);
    }
}

/// Checks that options are let in: they connect, ship, lose their server, and go on.
fn accepted(servers: &mut Servers, options: StreamOptions, secrets: &[&str]) {
    listen();
    check(&format!("{options:?} {options:#?}"), secrets);
    let stream = connect(&options);
    check(&format!("{stream:?} {:?} {:?}", stream.candidate("a"), stream.status()), secrets);
    let leadership = stream.candidate("a").claim().unwrap();
    check(&format!("{leadership:?}"), secrets);
    let first = leadership.next_sequence();
    let (mut writer, ring) = Ring::builder(64).first_sequence(first).build(|| 0_u64);
    let shipper = Shipper::builder(leadership, Postcard::new(0)).start(&ring).unwrap();
    let (mirror_writer, _mirror_ring) = Ring::builder(64).first_sequence(first).build(|| 0_u64);
    let mirror = stream.mirror(Postcard::new(0)).patience(Duration::from_millis(100));
    check(&format!("{mirror:?}"), secrets);
    let mirror = mirror.start(mirror_writer);
    writer.publish(1);
    assert!(shipper.wait_acknowledged(u64::from(first) + 1, PATIENCE));
    servers.kill(0).unwrap();
    writer.publish(2);
    check(&stream.status().unwrap_err().to_string(), secrets);
    servers.restart(0).unwrap();
    assert!(shipper.wait_acknowledged(u64::from(first) + 2, PATIENCE));
    check(&format!("{shipper:?} {:?}", shipper.stats()), secrets);
    wait_until("the mirror has it", || u64::from(mirror.next_sequence()) == u64::from(first) + 2);
    check(&format!("{mirror:?} {:?}", mirror.stats()), secrets);
    mirror.stop();
    drop(writer);
    shipper.join().unwrap();
    check_told(secrets);
}

/// Checks that options are refused. Returns what the error says.
#[track_caller]
fn refused(options: StreamOptions, secrets: &[&str]) -> String {
    listen();
    check(&format!("{options:?}"), secrets);
    let error = options.timeout(Duration::from_secs(2)).connect().unwrap_err();
    let text = format!("{error} {error:?} {error:#?}");
    check(&text, secrets);
    check_told(secrets);
    assert!(matches!(error, ConnectError::Connect { .. } | ConnectError::Credentials(_)), "{text}");
    error.to_string()
}

/// The addresses of servers, with something before the host.
fn addresses(servers: &Servers, user: &str) -> Vec<String> {
    servers.urls().iter().map(|url| url.replace("nats://", &format!("nats://{user}@"))).collect()
}

fn timeout() -> Duration {
    Duration::from_millis(1000)
}

#[test]
fn a_name_and_a_password_are_asked_for() {
    let configuration = format!("authorization {{ user: me, password: \"{PASSWORD}\" }}\n");
    let builder = Servers::builder(1).configuration(configuration);
    let Some(mut servers) = servers_with(builder) else { return };
    let right = options(&servers, "s").timeout(timeout());
    accepted(&mut servers, right.clone().password("me", PASSWORD), &[]);
    let told = refused(right.clone().password("me", WRONG), &[]);
    assert!(told.contains("authorization violation"), "{told}");
    refused(right.clone().password("you", PASSWORD), &[]);
    refused(right.clone().token(PASSWORD), &[]);
    refused(right.clone(), &[]);
    // In the addresses.
    let urls = addresses(&servers, &format!("me:{PASSWORD}"));
    accepted(&mut servers, right.clone().servers(urls.clone()), &[]);
    let bare: Vec<_> = urls.iter().map(|url| url.replace("nats://", "")).collect();
    accepted(&mut servers, right.clone().servers(bare), &[]);
    refused(right.clone().servers(addresses(&servers, &format!("me:{WRONG}"))), &[]);
    refused(right.clone().servers(addresses(&servers, WRONG)), &[]);
    // What is set counts more than what is in an address.
    let wrong = addresses(&servers, &format!("me:{WRONG}"));
    accepted(&mut servers, right.clone().servers(wrong).password("me", PASSWORD), &[]);
    refused(right.servers(urls).password("me", WRONG), &[]);
}

#[test]
fn a_password_may_have_any_letter() {
    let configuration = format!("authorization {{ user: me, password: \"{ODD}\" }}\n");
    let builder = Servers::builder(1).configuration(configuration);
    let Some(mut servers) = servers_with(builder) else { return };
    let right = options(&servers, "s").timeout(timeout());
    accepted(&mut servers, right.clone().password("me", ODD), &[]);
    for user in [format!("me:{ODD}"), format!("me:{ESCAPED}")] {
        let urls = addresses(&servers, &user);
        accepted(&mut servers, right.clone().servers(urls.clone()), &[]);
        let bare = urls.iter().map(|url| url.replacen("nats://", "", 1));
        accepted(&mut servers, right.clone().servers(bare), &[]);
    }
}

#[test]
fn a_token_is_asked_for() {
    let configuration = format!("authorization {{ token: \"{TOKEN}\" }}\n");
    let builder = Servers::builder(1).configuration(configuration);
    let Some(mut servers) = servers_with(builder) else { return };
    let right = options(&servers, "s").timeout(timeout());
    accepted(&mut servers, right.clone().token(TOKEN), &[]);
    accepted(&mut servers, right.clone().access(Access::Token(Secret::new(TOKEN))), &[]);
    refused(right.clone().token(WRONG), &[]);
    refused(right.clone(), &[]);
    let urls = addresses(&servers, TOKEN);
    accepted(&mut servers, right.clone().servers(urls), &[]);
    refused(right.servers(addresses(&servers, WRONG)), &[]);
}

#[test]
fn a_key_is_asked_for() {
    let (key, other) = (KeyPair::new_user(), KeyPair::new_user());
    let (seed, other) = (key.seed().unwrap(), other.seed().unwrap());
    let configuration =
        format!("authorization {{ users: [ {{ nkey: {} }} ] }}\n", key.public_key());
    let builder = Servers::builder(1).configuration(configuration);
    let Some(mut servers) = servers_with(builder) else { return };
    let right = options(&servers, "s").timeout(timeout());
    let secrets = [&*seed, &other];
    accepted(&mut servers, right.clone().access(Access::NKey(Secret::new(&*seed))), &secrets);
    refused(right.clone().access(Access::NKey(Secret::new(&*other))), &secrets);
    // No seed at all, and a part of one.
    refused(right.clone().access(Access::NKey(Secret::new(WRONG))), &secrets);
    refused(right.clone().access(Access::NKey(Secret::new(&seed[..40]))), &secrets);
    refused(right, &secrets);
}

/// As base64 of URLs has it, without padding.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let number = (0..3)
            .fold(0_u32, |number, at| number << 8 | u32::from(chunk.get(at).copied().unwrap_or(0)));
        let letters = (0..=chunk.len()).map(|at| LETTERS[(number >> (18 - 6 * at) & 63) as usize]);
        text.extend(letters.map(char::from));
    }
    text
}

/// A claim of somebody about somebody, signed.
fn token(issuer: &KeyPair, subject: &KeyPair, nats: serde_json::Value) -> String {
    let header = serde_json::json!({ "typ": "JWT", "alg": "ed25519-nkey" });
    let claims = serde_json::json!({
        "jti": "test", "iat": 1_700_000_000, "iss": issuer.public_key(), "name": "test",
        "sub": subject.public_key(), "nats": nats,
    });
    let signed = [header, claims].map(|part| base64(part.to_string().as_bytes())).join(".");
    let signature = base64(&issuer.sign(signed.as_bytes()).unwrap());
    format!("{signed}.{signature}")
}

#[test]
fn a_file_of_credentials_is_asked_for() {
    let operator = KeyPair::new_operator();
    let (system, account, user) =
        (KeyPair::new_account(), KeyPair::new_account(), KeyPair::new_user());
    let limits = serde_json::json!({
        "subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": true,
        "conn": -1, "leaf": -1, "mem_storage": -1, "disk_storage": -1, "streams": -1, "consumer": -1,
    });
    let no_storage = serde_json::json!({ "subs": -1, "data": -1, "payload": -1, "conn": -1 });
    let of_account = |key: &KeyPair, limits: &serde_json::Value| {
        let nats = serde_json::json!({ "limits": limits, "type": "account", "version": 2 });
        token(&operator, key, nats)
    };
    let nats = serde_json::json!({
        "subs": -1, "data": -1, "payload": -1, "pub": {}, "sub": {}, "type": "user", "version": 2,
    });
    let (of_user, forged) = (token(&account, &user, nats.clone()), token(&operator, &user, nats));
    let nats = serde_json::json!({
        "type": "operator", "version": 2, "system_account": system.public_key(),
    });
    let configuration = format!(
        "operator: {}\nsystem_account: {}\nresolver: MEMORY\nresolver_preload: {{ {}: {}, {}: {} }}\n",
        token(&operator, &operator, nats),
        system.public_key(),
        system.public_key(),
        of_account(&system, &no_storage),
        account.public_key(),
        of_account(&account, &limits),
    );
    let builder = Servers::builder(1).configuration(configuration);
    let Some(mut servers) = servers_with(builder) else { return };
    let directory = tempfile::tempdir().unwrap();
    let seed = user.seed().unwrap();
    let other = KeyPair::new_user().seed().unwrap();
    let write = |name: &str, token: &str, seed: &str| {
        let file = directory.path().join(name);
        let text = format!(
            "-----BEGIN NATS USER JWT-----\n{token}\n------END NATS USER JWT------\n\n\
             -----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
        );
        fs::write(&file, text).unwrap();
        file
    };
    let secrets = [&*seed, &other, "SUABROKEN"];
    let right = options(&servers, "s").timeout(timeout());
    let with = |file: PathBuf| right.clone().credentials_file(file);
    accepted(&mut servers, with(write("right.creds", &of_user, &seed)), &secrets);
    refused(with(write("other-key.creds", &of_user, &other)), &secrets);
    refused(with(write("forged.creds", &forged, &seed)), &secrets);
    refused(right.clone(), &secrets);
    // Files that cannot be used are named.
    let broken = write("broken.creds", &of_user, "SUABROKEN");
    let empty = directory.path().join("empty.creds");
    fs::write(&empty, "").unwrap();
    for file in [broken, empty, directory.path().join("missing.creds")] {
        let told = refused(with(file.clone()), &secrets);
        assert!(told.starts_with(&format!("cannot read the credentials: {}", file.display())));
    }
}

#[test]
fn servers_that_are_not_there_are_named_without_what_is_secret() {
    let users = [
        format!("me:{PASSWORD}"),
        TOKEN.to_owned(),
        format!("me:{ODD}"),
        format!("{PASSWORD}:{TOKEN}@{WRONG}"),
    ];
    for user in &users {
        for host in ["127.0.0.1:1", "no-such-host.invalid:4222", "127.0.0.1:99999", "[::1", ""] {
            for scheme in ["nats://", "tls://", "", "http://"] {
                let address = format!("{scheme}{user}@{host}");
                let told = refused(StreamOptions::new("s").servers([&*address]), &[]);
                assert!(told.contains(&format!("{scheme}***@{host}")), "{told}");
            }
        }
    }
}

/// An authority, and what it has signed.
struct Certificates {
    directory: TempDir,
}

impl Certificates {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn write(&self, name: &str, certificate: &str, key: &rcgen::KeyPair) {
        fs::write(self.path(&format!("{name}.pem")), certificate).unwrap();
        fs::write(self.path(&format!("{name}.key")), key.serialize_pem()).unwrap();
    }

    /// Makes an authority.
    fn authority(&self, name: &str) -> rcgen::Issuer<'static, rcgen::KeyPair> {
        let mut parameters = rcgen::CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        parameters.distinguished_name.push(rcgen::DnType::CommonName, name);
        let key = rcgen::KeyPair::generate().unwrap();
        self.write(name, &parameters.self_signed(&key).unwrap().pem(), &key);
        rcgen::Issuer::new(parameters, key)
    }

    /// Lets it sign a certificate for this host, until this year.
    fn sign(
        &self,
        name: &str,
        authority: &rcgen::Issuer<'static, rcgen::KeyPair>,
        host: &str,
        until: i32,
    ) {
        let mut parameters = rcgen::CertificateParams::new(vec![host.to_owned()]).unwrap();
        parameters.not_before = rcgen::date_time_ymd(2000, 1, 1);
        parameters.not_after = rcgen::date_time_ymd(until, 1, 1);
        parameters.distinguished_name.push(rcgen::DnType::CommonName, name);
        let key = rcgen::KeyPair::generate().unwrap();
        self.write(name, &parameters.signed_by(&key, authority).unwrap().pem(), &key);
    }

    /// Servers that show a certificate, and ask for one if they are to `verify`.
    fn servers(&self, name: &str, verify: bool) -> Option<Servers> {
        let configuration = format!(
            "tls {{ cert_file: {:?}, key_file: {:?}, ca_file: {:?}, verify: {verify} }}\n",
            self.path(&format!("{name}.pem")),
            self.path(&format!("{name}.key")),
            self.path("authority.pem"),
        );
        servers_with(Servers::builder(1).configuration(configuration))
    }
}

#[test]
fn only_servers_are_trusted_that_show_the_right_certificate() {
    let certificates = Certificates::new();
    let (authority, other) =
        (certificates.authority("authority"), certificates.authority("other-authority"));
    certificates.sign("right", &authority, "127.0.0.1", 4000);
    certificates.sign("expired", &authority, "127.0.0.1", 2001);
    certificates.sign("other-host", &authority, "example.com", 4000);
    certificates.sign("unknown", &other, "127.0.0.1", 4000);
    let tls = |servers: &Servers| -> Vec<String> {
        servers.urls().iter().map(|url| url.replace("nats://", "tls://")).collect()
    };
    let Some(mut servers) = certificates.servers("right", false) else { return };
    let root = certificates.path("authority.pem");
    let right = options(&servers, "s").timeout(timeout()).root_certificate(&root);
    accepted(&mut servers, right.clone(), &[]);
    accepted(&mut servers, right.clone().require_tls(true), &[]);
    let urls = tls(&servers);
    accepted(&mut servers, right.clone().servers(urls.clone()), &[]);
    // Not without knowing the authority, and not by another one.
    let unknown = options(&servers, "s").servers(urls.clone());
    refused(unknown.clone(), &[]);
    refused(unknown.root_certificate(certificates.path("other-authority.pem")), &[]);
    refused(right.clone().root_certificate(certificates.path("missing.pem")), &[]);
    drop(servers);
    let wrong = [
        ("expired", "expired"),
        ("other-host", "not valid for name"),
        ("unknown", "unknownissuer"),
    ];
    for (name, what) in wrong {
        let Some(servers) = certificates.servers(name, false) else { return };
        let told = refused(right.clone().servers(tls(&servers)), &[]);
        assert!(told.to_lowercase().contains(what), "{name}: {told}");
        // Nor when the address does not say that there is to be a certificate.
        refused(right.clone().servers(servers.urls()), &[]);
    }
}

#[test]
fn a_server_without_a_certificate_is_refused_where_one_is_required() {
    let Some(servers) = servers_with(Servers::builder(1)) else { return };
    connect(&options(&servers, "s"));
    refused(options(&servers, "s").require_tls(true), &[]);
    let tls: Vec<_> = servers.urls().iter().map(|url| url.replace("nats:", "tls:")).collect();
    refused(options(&servers, "s").servers(tls), &[]);
}

#[test]
fn servers_that_ask_for_a_certificate_get_one() {
    let certificates = Certificates::new();
    let (authority, other) =
        (certificates.authority("authority"), certificates.authority("other-authority"));
    certificates.sign("server", &authority, "127.0.0.1", 4000);
    certificates.sign("client", &authority, "somebody", 4000);
    certificates.sign("expired", &authority, "somebody", 2001);
    certificates.sign("unknown", &other, "somebody", 4000);
    let Some(mut servers) = certificates.servers("server", true) else { return };
    let right = options(&servers, "s")
        .timeout(timeout())
        .root_certificate(certificates.path("authority.pem"));
    let with = |name: &str, key: &str| {
        let file = |end: &str, name: &str| certificates.path(&format!("{name}.{end}"));
        right.clone().client_certificate(file("pem", name), file("key", key))
    };
    let key = fs::read_to_string(certificates.path("client.key")).unwrap();
    let secrets: Vec<_> = key.lines().filter(|line| !line.starts_with('-')).collect();
    assert!(!secrets.is_empty());
    accepted(&mut servers, with("client", "client"), &secrets);
    refused(right.clone(), &secrets);
    refused(with("expired", "expired"), &secrets);
    refused(with("unknown", "unknown"), &secrets);
    refused(with("client", "unknown"), &secrets);
    refused(with("missing", "client"), &secrets);
    refused(with("client", "missing"), &secrets);
}

#[test]
fn a_secret_shows_itself_to_nobody() {
    let secret = Secret::new(PASSWORD);
    assert_eq!(format!("{secret:?} {secret:#?}"), "*** ***");
    let access = Access::Password { user: "me".to_owned(), password: secret };
    assert_eq!(format!("{access:?}"), "Password { user: \"me\", password: *** }");
}
