//! A server of a test's own that speaks S3 over TLS, with a bucket in it, to be stopped.
//!
//! It is a program of others (npm package s3rver), so that our words are judged by someone else's reading of the protocol.
//! It knows access keys by name and does not check signatures: those are the library's own, and tested there.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use eid::archive::{Access, Archive, Bucket};
use eid::pki::{Authority, Leaf, Usage};
use eid::sys::Clock;
use tempfile::TempDir;

/// The only key that the program knows, and its secret.
const KEY: &str = "S3RVER";
const NAME: &str = "captures";

/// A bucket that dies with the test.
pub struct PrivateBucket {
    folder: TempDir,
    process: Child,
    port: String,
}

/// The program, if the pass has it.
fn program() -> Option<PathBuf> {
    std::env::var_os("EID_TEST_S3RVER").filter(|path| !path.is_empty()).map(PathBuf::from)
}

impl PrivateBucket {
    /// `None` if the pass has no such program.
    pub async fn start() -> Option<Self> {
        let program = program()?;
        let folder = tempfile::tempdir().unwrap();
        let now = Clock::System.now();
        let authority = Authority::new("the bucket's", now.minus(Duration::from_hours(1))).unwrap();
        let valid = now.minus(Duration::from_hours(1))..now.plus(Duration::from_hours(1));
        let issued = authority.issue(&Leaf { common_name: "bucket", uri: None, usage: Usage::Server, valid }).unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        write("ca.pem", &authority.certificate_pem());
        let (certificate, key) = (write("c.pem", issued.certificate_pem()), write("k.pem", issued.key_pem()));
        let mut process = Command::new("node")
            .arg(program)
            .args(["--address", "127.0.0.1", "--port", "0", "--configure-bucket", NAME, "--directory"])
            .arg(folder.path())
            .arg("--cert")
            .arg(certificate)
            .arg("--key")
            .arg(key)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("EID_TEST_S3RVER needs node");
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let (heard, port) = mpsc::channel();
        // It goes on reading: a pipe that nobody empties would stop the program.
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if let Some((_, port)) = line.split_once("listening on 127.0.0.1:") {
                    let _ = heard.send(port.trim().to_owned());
                }
            }
        });
        let port = tokio::task::spawn_blocking(move || port.recv_timeout(Duration::from_mins(1)));
        let port = port.await.unwrap().expect("it says where it listens");
        Some(Self { folder, process, port })
    }

    /// The archive in it.
    pub fn open(&self, namespace: &str) -> Archive {
        self.open_as(KEY, namespace)
    }

    /// The same as someone whom it may not know.
    pub fn open_as(&self, key: &str, namespace: &str) -> Archive {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.folder.path().join(format!("access-of-{key}"));
        std::fs::write(&path, format!("{key}\n{KEY}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let bucket = Bucket {
            endpoint: format!("https://localhost:{}", self.port),
            name: NAME.to_owned(),
            region: "us-east-1".to_owned(),
            authorities: Some(self.folder.path().join("ca.pem")),
        };
        Archive::s3(&bucket, &Access::read(&path).unwrap(), namespace).unwrap()
    }

    pub fn stop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for PrivateBucket {
    fn drop(&mut self) {
        self.stop();
    }
}
