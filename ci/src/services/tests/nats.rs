//! A real nats-server under its handle.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::services::{NatsServer, NatsSettings, ServiceError, nats_server, or_skip};

/// Returns the answer to one request.
fn request(server: &NatsServer, subject: &str, body: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(server.address())?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    let connect = r#"CONNECT {"verbose":false,"pedantic":false}"#;
    write!(
        stream,
        "{connect}\r\nSUB inbox 1\r\nPUB {subject} inbox {}\r\n{body}\r\n",
        body.len()
    )?;
    let mut lines = BufReader::new(stream).lines();
    loop {
        let line = lines.next().expect("the server closed the connection")?;
        if line.starts_with("MSG ") {
            return lines.next().expect("a message has a payload");
        }
    }
}

fn create_stream(server: &NatsServer) -> String {
    let configuration = r#"{"name":"S","subjects":["s"],"storage":"file"}"#;
    request(server, "$JS.API.STREAM.CREATE.S", configuration).unwrap()
}

/// Returns the state of the server's process, by the letter of the kernel.
fn state(server: &NatsServer) -> char {
    let path = format!("/proc/{}/stat", server.process_id());
    let stat = std::fs::read_to_string(path).unwrap();
    let (_, state) = stat.rsplit_once(") ").unwrap();
    state.chars().next().unwrap()
}

#[test]
fn killed_nats_server_comes_back_at_its_address_with_its_store() {
    if or_skip(nats_server()).is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let settings = NatsSettings {
        sync_always: true,
        ..NatsSettings::default()
    };
    let mut server = NatsServer::start_with(folder.path(), settings).unwrap();
    let (address, process_id) = (server.address(), server.process_id());
    assert!(!create_stream(&server).contains("error"));
    assert!(
        request(&server, "s", "kept")
            .unwrap()
            .contains(r#""seq":1"#)
    );

    server.kill();
    assert!(!server.is_running());
    assert!(TcpStream::connect(address).is_err());
    server.restart().unwrap();

    assert_eq!(server.address(), address);
    assert_ne!(server.process_id(), process_id);
    assert!(
        request(&server, "s", "next")
            .unwrap()
            .contains(r#""seq":2"#)
    );
}

#[test]
fn stopped_nats_server_restarts_and_a_running_one_too() {
    if or_skip(nats_server()).is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut server = NatsServer::start(folder.path()).unwrap();
    let address = server.address();
    server.stop();
    assert!(!server.is_running());
    server.restart().unwrap();
    server.restart().unwrap();
    assert_eq!(server.address(), address);
    assert_eq!(server.url(), format!("nats://{address}"));
}

#[test]
fn paused_nats_server_answers_once_it_is_resumed() {
    if or_skip(nats_server()).is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut server = NatsServer::start(folder.path()).unwrap();
    assert!(!create_stream(&server).contains("error"));
    server.pause();
    assert!(server.is_running());
    assert_eq!(state(&server), 'T');
    // The kernel still accepts for a hung server.
    TcpStream::connect(server.address()).unwrap();
    server.resume();
    assert_ne!(state(&server), 'T');
    assert!(
        request(&server, "s", "later")
            .unwrap()
            .contains(r#""seq":1"#)
    );
    server.pause();
    server.stop();
    assert!(!server.is_running());
}

#[test]
fn extra_configuration_reaches_the_nats_server() {
    if or_skip(nats_server()).is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let settings = NatsSettings {
        extra: "authorization { user: desk, password: secret }".to_owned(),
        ..NatsSettings::default()
    };
    let server = NatsServer::start_with(folder.path(), settings).unwrap();
    let stream = TcpStream::connect(server.address()).unwrap();
    let greeting = BufReader::new(stream).lines().next().unwrap().unwrap();
    assert!(greeting.contains(r#""auth_required":true"#), "{greeting}");
}

#[test]
fn nats_server_that_cannot_start_is_quoted() {
    if or_skip(nats_server()).is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let settings = NatsSettings {
        extra: "no_such_field: 1".to_owned(),
        ..NatsSettings::default()
    };
    let error = NatsServer::start_with(folder.path(), settings).unwrap_err();
    assert!(matches!(error, ServiceError::Start { .. }));
    let text = error.to_string();
    assert!(
        text.starts_with("nats-server ended (exit status: 1)"),
        "{text}"
    );
    assert!(text.contains("unknown field \"no_such_field\""), "{text}");
}

#[test]
fn dropped_nats_server_is_gone() {
    if or_skip(nats_server()).is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = NatsServer::start(folder.path()).unwrap();
    let address = server.address();
    drop(server);
    assert!(TcpStream::connect(address).is_err());
}
