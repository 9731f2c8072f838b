//! The units: their officers hand in what they captured out of spools, their supervisors look at what was referred.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use futures::future::try_join_all;
use tokio::runtime::Handle;
use tonic::transport::Channel;

use super::calls::{Caller, unexpected};
use super::plan::UNITS;
use crate::app::{App, OfficeView};
use crate::cli::client;
use crate::cli::crowd::{self, Member};
use crate::cli::office::spool::Desk;
use crate::cli::refusal;
use crate::cli::rehearsal::Rehearsal;
use crate::domain::staff::Role;
use crate::domain::workstation::WorkstationId;
use crate::pki::DevelopmentPki;
use crate::proto::enrolment_service_client::EnrolmentServiceClient;
use crate::proto::review_service_client::ReviewServiceClient;
use crate::proto::{
    CompareCandidatesRequest, CountRequest, CountResponse, Enrolment, EnrolmentState, ListRequest, OverrideRequest,
    Severity, SubmitRequest,
};

/// Workstations of a unit, each of which is used on every fifth day.
const WORKSTATIONS: u32 = 5;
/// The largest page that a list gives.
const PAGE: i32 = 500;
/// The rule that finds who is likely known already.
const DUPLICATE: &str = "duplicate.likely";
/// How often likely duplicates are compared while new ones come in.
const COMPARISONS_MAX: u32 = 8;
/// Why a referral is overridden.
const REASON: &str = "Seen at the counter with the passport in hand; other persons of the same name were compared.";

/// One unit.
struct Unit {
    desks: Vec<Arc<Desk>>,
    officer: EnrolmentServiceClient<Channel>,
    supervisor: EnrolmentServiceClient<Channel>,
    review: ReviewServiceClient<Channel>,
}

/// All of them.
pub(super) struct Counters<'a> {
    units: Vec<Unit>,
    caller: &'a Caller,
}

/// Enters an officer and a supervisor for one office of each unit.
///
/// # Errors
/// If there are not as many units, or the directory cannot be written.
pub(super) async fn staff(app: &App, pki: &DevelopmentPki) -> anyhow::Result<()> {
    let mut offices = app.list_offices(None).await?.1;
    let unit = |office: &OfficeView| office.unit.as_ref().map(|(unit, _)| unit.code.clone());
    offices.dedup_by_key(|office| unit(office));
    ensure!(offices.len() == UNITS, "there are {} units with offices, and the campaign had {UNITS}", offices.len());
    let member = |(at, office): (usize, &OfficeView)| {
        [(officer(at), Role::Officer), (supervisor(at), Role::Supervisor)].map(|(stem, role)| Member {
            stem,
            role,
            office: Some(office.office.code.clone()),
        })
    };
    let members: Vec<_> = offices.iter().enumerate().flat_map(member).collect();
    crowd::register(app, pki, &members).await
}

fn officer(unit: usize) -> String {
    format!("campaign-officer-{unit:02}")
}

fn supervisor(unit: usize) -> String {
    format!("campaign-supervisor-{unit:02}")
}

impl<'a> Counters<'a> {
    /// Opens every unit: its spools below `folder`, its connections.
    ///
    /// # Errors
    /// If a spool cannot be made or the service cannot be reached.
    pub(super) async fn open(
        rehearsal: &Rehearsal,
        address: &str,
        folder: &Path,
        caller: &'a Caller,
    ) -> anyhow::Result<Self> {
        let mut units = Vec::new();
        for at in 0..UNITS {
            let target = rehearsal.target(address, &officer(at));
            let desk = |number| {
                let name = format!("unit-{at:02}-{number}");
                let workstation = WorkstationId::parse(&name).map_err(|fault| anyhow::anyhow!("{}", fault.en()))?;
                Desk::make(&folder.join(name), &workstation, target.clone(), rehearsal.clock.clone()).map(Arc::new)
            };
            let supervisor = client::connect(&rehearsal.target(address, &supervisor(at))).await?;
            units.push(Unit {
                desks: (0..WORKSTATIONS).map(desk).collect::<anyhow::Result<_>>()?,
                officer: EnrolmentServiceClient::new(client::connect(&target).await?),
                supervisor: EnrolmentServiceClient::new(supervisor.clone()),
                review: ReviewServiceClient::new(supervisor),
            });
        }
        Ok(Self { units, caller })
    }

    /// A day at the counters; how many requests were taken in, and how many of them a supervisor looked at.
    ///
    /// # Errors
    /// If one was not taken in, or not passed on.
    pub(super) async fn take_in(&self, day: u32, captured: Vec<Vec<SubmitRequest>>) -> anyhow::Result<(u32, u32)> {
        let days = self.units.iter().zip(captured).map(|(unit, captured)| self.day_of(unit, day, captured));
        let all = try_join_all(days).await?;
        Ok(all.into_iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1)))
    }

    async fn day_of(&self, unit: &Unit, day: u32, captured: Vec<SubmitRequest>) -> anyhow::Result<(u32, u32)> {
        if captured.is_empty() {
            return Ok((0, 0));
        }
        let number = u32::try_from(captured.len())?;
        let desk = unit.desks.iter().cycle().nth(usize::try_from(day % WORKSTATIONS)?).context("no workstation")?;
        let (desk, runtime) = (Arc::clone(desk), Handle::current());
        // A spool waits for the disk: not on a thread that serves.
        let handing_in = tokio::task::spawn_blocking(move || runtime.block_on(desk.hand_in(captured)));
        self.caller.time("SubmitStream, a unit's day", handing_in).await?.context("the sending failed")??;
        Ok((number, self.review(unit).await?))
    }

    /// The supervisor overrides what was referred; how many.
    async fn review(&self, unit: &Unit) -> anyhow::Result<u32> {
        let request = ListRequest { state: EnrolmentState::Referred.into(), page_size: PAGE, ..ListRequest::default() };
        let listed = self.caller.call("List", request, async |q| unit.supervisor.clone().list(q).await).await?;
        let mut passed = 0;
        for enrolment in &listed.enrolments {
            self.pass(unit, enrolment).await?;
            passed += 1;
        }
        Ok(passed)
    }

    async fn pass(&self, unit: &Unit, enrolment: &Enrolment) -> anyhow::Result<()> {
        let referring = enrolment.notes.iter().filter(|finding| finding.severity() == Severity::Refer);
        let rules: Vec<_> = referring.map(|finding| finding.rule.clone()).collect();
        for _ in 0..COMPARISONS_MAX {
            let request = OverrideRequest {
                request_id: self.caller.name(),
                enrolment_id: enrolment.enrolment_id.clone(),
                not_the_same: self.compared(unit, enrolment, &rules).await?,
                rules: rules.clone(),
                reason: REASON.to_owned(),
            };
            let overriding = async |q| unit.review.clone().r#override(q).await;
            match self.caller.ask("Override", request, overriding).await? {
                Ok(answer) => {
                    let state = answer.enrolment.as_ref().map(Enrolment::state).unwrap_or_default();
                    ensure!(state == EnrolmentState::Forwarded, "what was overridden is {}", state.as_str_name());
                    return Ok(());
                }
                // Somebody alike came in meanwhile.
                Err(status) if refusal::reason(&status) == "CANDIDATES_DIFFER" => {}
                Err(status) => return Err(unexpected("Override", &status)),
            }
        }
        bail!("new likely duplicates came in each time that somebody was compared")
    }

    /// Likely duplicates, all of whom are other persons here.
    async fn compared(&self, unit: &Unit, enrolment: &Enrolment, rules: &[String]) -> anyhow::Result<Vec<String>> {
        if !rules.iter().any(|rule| rule == DUPLICATE) {
            return Ok(Vec::new());
        }
        let request = CompareCandidatesRequest { enrolment_id: enrolment.enrolment_id.clone() };
        let comparing = async |q| unit.review.clone().compare_candidates(q).await;
        let compared = self.caller.call("CompareCandidates", request, comparing).await?;
        Ok(compared.candidates.into_iter().map(|candidate| candidate.enrolment_id).collect())
    }

    /// What each unit has, as the service counts it.
    ///
    /// # Errors
    /// If it cannot be asked.
    pub(super) async fn count(&self) -> anyhow::Result<Vec<CountResponse>> {
        let count = |unit: &Unit| {
            let officer = unit.officer.clone();
            async move {
                let request = CountRequest::default();
                self.caller.call("Count", request, async |q| officer.clone().count(q).await).await
            }
        };
        try_join_all(self.units.iter().map(count)).await
    }
}
