//! The admin port: a small HTTP server on a thread of its own, for monitoring. It reads and never
//! acts; operators act over the admin socket.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::Listener;
use prometheus_client::encoding::text;
use prometheus_client::registry::Registry;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::Sleep;

use super::collector::MetricsSource;
use crate::venue::Observed;

/// Connections served at once; more wait in the system's queue.
const CONNECTIONS_MAX: usize = 16;
/// Longest life of a connection, so that silent peers do not keep others out.
const CONNECTION_LIFE: Duration = Duration::from_secs(10);
/// Wait after the system could not hand a connection over.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The serving thread.
#[derive(Debug)]
pub struct MetricsServer {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    registry: Registry,
    source: MetricsSource,
}

impl MetricsServer {
    /// Serves `/metrics` and `/health` on `listener`.
    ///
    /// # Errors
    ///
    /// Returns the operating system's error.
    pub fn start(listener: TcpListener, observed: Observed) -> io::Result<Self> {
        let source = MetricsSource(observed);
        let address = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let mut registry = Registry::with_prefix("matchgate");
        registry.register_collector(Box::new(source.clone()));
        let router = Router::new()
            .route("/metrics", get(metrics))
            .route("/health", get(health))
            .with_state(Arc::new(Shared { registry, source }));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let guard = runtime.enter();
        let listener = BoundedListener {
            listener: tokio::net::TcpListener::from_std(listener)?,
            room: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
        };
        drop(guard);
        let thread = std::thread::Builder::new()
            .name("admin-http".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    // Open connections end with the runtime: nothing here must outlive the venue.
                    tokio::select! {
                        // Serving has no end of its own.
                        _ = async { axum::serve(listener, router).await } => {}
                        _ = stopped => {}
                    }
                });
            })?;
        Ok(Self {
            address,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Returns where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for MetricsServer {
    /// Ends the thread and its connections.
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

async fn metrics(State(shared): State<Arc<Shared>>) -> Response {
    let mut body = String::new();
    match text::encode(&mut body, &shared.registry) {
        Ok(()) => ([(header::CONTENT_TYPE, OPENMETRICS)], body).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn health(State(shared): State<Arc<Shared>>) -> Response {
    let stopped = shared.source.stopped();
    if stopped.is_empty() {
        return (StatusCode::OK, "healthy\n").into_response();
    }
    let text = format!("stopped: {}\n", stopped.join("; "));
    (StatusCode::SERVICE_UNAVAILABLE, text).into_response()
}

/// A listener with a bound on its connections and on the life of each.
#[derive(Debug)]
struct BoundedListener {
    listener: tokio::net::TcpListener,
    room: Arc<Semaphore>,
}

impl Listener for BoundedListener {
    type Io = BoundedStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            // Never closed, so there always comes a permit.
            let Ok(permit) = Arc::clone(&self.room).acquire_owned().await else {
                std::future::pending::<()>().await;
                continue;
            };
            match self.listener.accept().await {
                Ok((stream, peer)) => {
                    let life = Box::pin(tokio::time::sleep(CONNECTION_LIFE));
                    let stream = BoundedStream {
                        stream,
                        life,
                        _permit: permit,
                    };
                    return (stream, peer);
                }
                Err(_) => tokio::time::sleep(ACCEPT_RETRY).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// A connection that ends with its time.
#[derive(Debug)]
struct BoundedStream {
    stream: TcpStream,
    life: Pin<Box<Sleep>>,
    _permit: OwnedSemaphorePermit,
}

impl BoundedStream {
    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        match self.life.as_mut().poll(context) {
            Poll::Ready(()) => Err(io::ErrorKind::TimedOut.into()),
            Poll::Pending => Ok(()),
        }
    }
}

impl AsyncRead for BoundedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Err(error) = self.check(context) {
            return Poll::Ready(Err(error));
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for BoundedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if let Err(error) = self.check(context) {
            return Poll::Ready(Err(error));
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
