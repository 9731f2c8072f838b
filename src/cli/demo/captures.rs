//! Captures on their way: the authority fetches face and fingerprints, confirms them, and they are gone from here.

use std::io::{self, Write};

use ring::digest::{SHA256, digest};

use crate::cli::demo::cast::Who;
use crate::cli::demo::mailbox::Mailbox;
use crate::cli::demo::stage::Stage;
use crate::cli::demo::step::{Answer, Step, ask};
use crate::proto::{Captures, ConfirmCapturesRequest, GetCapturesRequest};

type Authority = crate::proto::authority_service_client::AuthorityServiceClient<tonic::transport::Channel>;

const UNCHANGED: &str = "all, unchanged";
const NOTHING: &str = "nothing is held";

/// Takes what was captured of whoever was captured, under the leases of their requests.
pub(super) async fn hand_over<M: Mailbox, W: Write>(
    stage: &mut Stage<'_, M, W>,
    lease_of: impl Fn(&str) -> Option<String>,
) -> io::Result<()> {
    let captured = stage.cases.iter().filter_map(|case| {
        let (enrolment_id, captures) = (case.enrolment_id.clone()?, case.captures.clone()?);
        let lease_id = lease_of(&enrolment_id)?;
        Some((case.label().to_owned(), GetCapturesRequest { enrolment_id, lease_id }, captures))
    });
    for (whom, held, captures) in captured.collect::<Vec<_>>() {
        let authority = stage.cast.authority();
        let right = hashes(&captures);
        let mut wrong = right.clone();
        wrong.pop();
        let enrolment_id = &held.enrolment_id;
        let steps = [
            fetch(&authority, "fetches face and fingerprints of", &whom, &held, &captures, UNCHANGED).await,
            confirm(&authority, "confirms one file too few of", &whom, (enrolment_id, wrong), "DIFFERENT").await,
            confirm(
                &authority,
                "confirms, by hashes, what arrived of",
                &whom,
                (enrolment_id, right.clone()),
                "CONFIRMED",
            )
            .await,
            fetch(&authority, "fetches, once more, the captures of", &whom, &held, &captures, NOTHING).await,
            confirm(&authority, "confirms again, for", &whom, (enrolment_id, right), "ALREADY_ENDED").await,
        ];
        stage.printer.steps(&steps)?;
    }
    Ok(())
}

async fn fetch(
    authority: &Authority,
    does: &'static str,
    whom: &str,
    held: &GetCapturesRequest,
    captures: &Captures,
    expected: &str,
) -> Step {
    let reply = ask(authority, held.clone(), async |mut c, q| c.get_captures(q).await).await;
    reply.step((Who::Authority, does, whom), expected, |answer| match &answer.captures {
        None => Answer::of(NOTHING),
        Some(got) if hashes(got) == hashes(captures) && got.missing_fingers == captures.missing_fingers => {
            Answer::of(UNCHANGED).and(format!("a face and {} fingers", got.fingerprints.len()))
        }
        Some(_) => Answer::of("something else"),
    })
}

async fn confirm(
    authority: &Authority,
    does: &'static str,
    whom: &str,
    (enrolment_id, sha256): (&str, Vec<Vec<u8>>),
    expected: &str,
) -> Step {
    let request = ConfirmCapturesRequest { enrolment_id: enrolment_id.to_owned(), sha256 };
    let reply = ask(authority, request, async |mut c, q| c.confirm_captures(q).await).await;
    reply.step((Who::Authority, does, whom), expected, |answer| {
        Answer::outcome(answer.outcome().as_str_name(), "CONFIRM_CAPTURES_OUTCOME_")
    })
}

/// SHA-256 of the face and of each finger.
fn hashes(captures: &Captures) -> Vec<Vec<u8>> {
    let face = captures.face.iter().map(|image| &image.content);
    let fingers = captures.fingerprints.iter().map(|print| &print.content);
    face.chain(fingers).map(|content| digest(&SHA256, content).as_ref().to_vec()).collect()
}
