//! Authenticators of the tests' staff: whoever may make privileged calls has one, and brings its codes unasked.
//!
//! A code counts once. When the codes of the moment are used up, the stopped clock moves on by a step.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use eid::app::{App, TotpBegun, TotpConfirmed};
use eid::domain::device::{Step, TotpCode, TotpSecret};
use eid::domain::ids::StaffId;
use eid::domain::staff::Role;
use eid::grpc::{POLICY, Rule, STEP_UP_CODE};
use eid::sys::Clock;
use sha2::{Digest as _, Sha256};
use tonic::service::Interceptor;
use tonic::{GrpcMethod, Request, Status};

/// The value of a letter of RFC 4648 section 6.
fn base32(letter: u8) -> u8 {
    if letter.is_ascii_uppercase() { letter - b'A' } else { letter - b'2' + 26 }
}

/// The authenticators of everyone in a service.
#[derive(Clone)]
pub struct Authenticators {
    clock: Clock,
    last: Arc<Mutex<HashMap<String, Step>>>,
}

/// The secret that `name` has.
fn secret(name: &str) -> TotpSecret {
    TotpSecret::from_bytes(&Sha256::digest(name)[..20]).unwrap()
}

/// Whether somebody of that role makes privileged calls.
pub fn steps_up(role: Role) -> bool {
    POLICY.iter().any(|rule| rule.step_up && rule.allowed.includes(role))
}

impl Authenticators {
    pub fn new(clock: Clock) -> Self {
        Self { clock, last: Arc::default() }
    }

    /// Enrols `name` at the console; the recovery codes.
    pub async fn enrol(&self, app: &App, id: StaffId, name: &str) -> Vec<String> {
        let begun = app.begin_totp_at_console(id, &secret(name)).await.unwrap();
        assert!(matches!(begun, TotpBegun::Begun(_)), "{begun:?}");
        // The step before, so that the one of the moment is left.
        let step = Step::from_stored(Step::at(self.clock.now()).stored() - 1);
        let code = TotpCode::parse(&secret(name).code(step).unwrap()).unwrap();
        let TotpConfirmed::Enrolled(codes) = app.confirm_totp_at_console(id, &code).await.unwrap() else {
            panic!("the code is right");
        };
        self.last.lock().unwrap().insert(name.to_owned(), step);
        codes.iter().map(eid::domain::staff::RecoveryCode::shown).collect()
    }

    /// The code of the moment of an authenticator that read this.
    pub fn code_of_uri(&self, uri: &str) -> String {
        let (_, secret) = uri.split_once("secret=").unwrap();
        let secret = secret.split('&').next().unwrap();
        let bits: Vec<_> = secret.bytes().map(|c| format!("{:05b}", base32(c))).collect();
        let bytes: Vec<u8> = bits
            .concat()
            .as_bytes()
            .chunks_exact(8)
            .map(|byte| u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap())
            .collect();
        let secret = TotpSecret::from_bytes(&bytes).unwrap();
        secret.code(Step::at(self.clock.now())).unwrap().to_string()
    }

    /// The next code of `name` that was not used.
    pub fn next(&self, name: &str) -> String {
        let mut all = self.last.lock().unwrap();
        let now = Step::at(self.clock.now()).stored();
        let last = all.entry(name.to_owned()).or_insert(Step::from_stored(now - 1));
        let step = (last.stored() + 1).max(now - 1);
        if step > now + 1 {
            self.clock.advance(Duration::from_secs(30));
        }
        *last = Step::from_stored(step);
        secret(name).code(*last).unwrap().to_string()
    }
}

/// Brings a code where one is needed and none was brought.
#[derive(Clone)]
pub struct StepUp {
    pub name: Option<String>,
    pub all: Authenticators,
}

impl Interceptor for StepUp {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let method = request.extensions().get::<GrpcMethod<'_>>();
        let path = method.map(|method| format!("{}/{}", method.service(), method.method()));
        let needed = path.and_then(|path| Rule::named(&path)).is_some_and(|rule| rule.step_up);
        let brought = request.metadata().contains_key(STEP_UP_CODE);
        if let Some(name) = self.name.as_ref().filter(|_| needed && !brought) {
            request.metadata_mut().insert(STEP_UP_CODE, self.all.next(name).parse().unwrap());
        }
        Ok(request)
    }
}
