//! `StepUpService`: persons enrol their authenticators.

use tonic::{Request, Response, Status};

use super::gate::caller;
use super::parse::Faults;
use super::{advice, render};
use crate::app::{App, TotpBegun, TotpConfirmed};
use crate::domain::device::TotpCode;
use crate::domain::staff::RecoveryCode;
use crate::proto as pb;

pub(super) struct StepUp(pub(super) App);

#[tonic::async_trait]
impl pb::step_up_service_server::StepUpService for StepUp {
    async fn begin_totp_enrolment(
        &self,
        request: Request<pb::BeginTotpEnrolmentRequest>,
    ) -> Result<Response<pb::BeginTotpEnrolmentResponse>, Status> {
        let by = caller(&request)?;
        let begun = self.0.begin_totp(&by).await?;
        let advice = Some(render::text(advice::totp_begun(&begun)));
        let (outcome, otpauth_uri) = match begun {
            TotpBegun::Begun(uri) => (pb::BeginTotpEnrolmentOutcome::Begun, uri.as_str().to_owned()),
            TotpBegun::AlreadyEnrolled => (pb::BeginTotpEnrolmentOutcome::AlreadyEnrolled, String::new()),
        };
        Ok(Response::new(pb::BeginTotpEnrolmentResponse { outcome: outcome.into(), otpauth_uri, advice }))
    }

    async fn confirm_totp_enrolment(
        &self,
        request: Request<pb::ConfirmTotpEnrolmentRequest>,
    ) -> Result<Response<pb::ConfirmTotpEnrolmentResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let code = faults.text("code", &message.code, TotpCode::parse);
        let code = faults.finish(code)?;
        let confirmed = self.0.confirm_totp(&by, &code).await?;
        let advice = Some(render::text(advice::totp_confirmed(&confirmed)));
        let (outcome, recovery_codes) = match confirmed {
            TotpConfirmed::Enrolled(codes) => {
                (pb::ConfirmTotpEnrolmentOutcome::Enrolled, codes.iter().map(RecoveryCode::shown).collect())
            }
            TotpConfirmed::Wrong => (pb::ConfirmTotpEnrolmentOutcome::Wrong, Vec::new()),
            TotpConfirmed::NotBegun => (pb::ConfirmTotpEnrolmentOutcome::NotBegun, Vec::new()),
            TotpConfirmed::AlreadyEnrolled => (pb::ConfirmTotpEnrolmentOutcome::AlreadyEnrolled, Vec::new()),
        };
        Ok(Response::new(pb::ConfirmTotpEnrolmentResponse { outcome: outcome.into(), recovery_codes, advice }))
    }
}
