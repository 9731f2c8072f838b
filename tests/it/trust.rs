//! The trust store at the real server: two persons, every kind of file, roll-back, and other processes that follow.

use std::time::Duration;

use eid::app::{App, TrustSettings};
use eid::domain::staff::Role;
use eid::domain::time::Timestamp;
use eid::proto as pb;
use eid::proto::trust_service_client::TrustServiceClient;
use pb::propose_material_request::Part;
use tonic::Status;

use crate::support::nation::{List, Nation};
use crate::support::service::{Channel, Service, Wishes, certificate, fields, reason, with, with_wishes};

/// Bytes of a file in one message.
const CHUNK: usize = 10_000;

fn client(service: &Service, name: &str) -> TrustServiceClient<Channel> {
    TrustServiceClient::new(service.channel(Some(name))).max_decoding_message_size(usize::MAX)
}

/// Sends these parts as the first operator.
async fn send(service: &Service, parts: Vec<Part>) -> Result<pb::ProposeMaterialResponse, Status> {
    let messages: Vec<_> = parts.into_iter().map(|part| pb::ProposeMaterialRequest { part: Some(part) }).collect();
    let answer = client(service, "operator").propose_material(futures::stream::iter(messages)).await;
    answer.map(tonic::Response::into_inner)
}

fn head(service: &Service) -> pb::ProposalHead {
    pb::ProposalHead { request_id: service.id(), ..Default::default() }
}

fn parts(head: pb::ProposalHead, file: &[u8]) -> Vec<Part> {
    let chunks = file.chunks(CHUNK).map(|chunk| Part::Chunk(chunk.to_vec()));
    std::iter::once(Part::Head(head)).chain(chunks).collect()
}

async fn propose(service: &Service, file: &[u8]) -> pb::ProposeMaterialResponse {
    // The quota of a caller is per second.
    service.wait(Duration::from_secs(1));
    send(service, parts(head(service), file)).await.unwrap()
}

/// Proposes a file that must be kept.
async fn proposed(service: &Service, file: &[u8]) -> pb::TrustMaterial {
    let answer = propose(service, file).await;
    assert_eq!(answer.outcome(), pb::ProposeOutcome::Proposed, "{:?}", names(&answer.problems));
    answer.material.unwrap()
}

fn approval(service: &Service, material: &pb::TrustMaterial) -> pb::ApproveMaterialRequest {
    pb::ApproveMaterialRequest {
        request_id: service.id(),
        material_id: material.material_id.clone(),
        sha256: material.sha256.clone(),
        allow_older: false,
    }
}

async fn approve(service: &Service, request: pb::ApproveMaterialRequest) -> pb::ApproveMaterialResponse {
    client(service, "second").approve_material(request).await.unwrap().into_inner()
}

async fn approve_as(service: &Service, n: usize, request: pb::ApproveMaterialRequest) -> pb::ApproveMaterialResponse {
    client(service, &format!("second-{n}")).approve_material(request).await.unwrap().into_inner()
}

/// Puts a file in force, by two persons.
async fn import(service: &Service, file: &[u8]) -> pb::TrustMaterial {
    let material = proposed(service, file).await;
    let answer = approve(service, approval(service, &material)).await;
    assert_eq!(answer.outcome(), pb::ApproveOutcome::InForce, "{:?}", names(&answer.problems));
    answer.material.unwrap()
}

async fn listed(service: &Service) -> pb::ListMaterialResponse {
    service.wait(Duration::from_secs(1));
    client(service, "operator").list_material(pb::ListMaterialRequest {}).await.unwrap().into_inner()
}

fn names(problems: &[pb::TrustProblem]) -> Vec<&str> {
    problems.iter().map(|problem| problem.name.as_str()).collect()
}

/// Names of what keeps a file out.
async fn refused(service: &Service, file: &[u8]) -> Vec<String> {
    let answer = propose(service, file).await;
    assert_eq!(answer.outcome(), pb::ProposeOutcome::NotAccepted);
    assert!(answer.material.is_none_or(|material| material.material_id.is_empty()), "nothing was kept");
    let refusing = answer.problems.into_iter().filter(|problem| problem.refuses);
    refusing.map(|problem| problem.name).collect()
}

fn ago(service: &Service, days: i64) -> Timestamp {
    Timestamp::from_micros(service.now().micros() - days * 86_400_000_000)
}

/// A service with a second operator.
async fn with_two(test: impl AsyncFnOnce(&Service)) {
    with(async |service| {
        service.register(Role::Operator, None, "second").await;
        test(service).await;
    })
    .await;
}

#[tokio::test]
async fn a_list_comes_in_force_by_two_persons_and_is_trusted_at_once() {
    with_two(async |service| {
        let [de, nl, fr] = ["DE", "NL", "FR"].map(|country| Nation::new(country, service.now()));
        assert_eq!(service.app().trust().authorities(), 0);
        import(service, &de.csca).await;
        let entries = [&de.csca[..], &nl.csca, &fr.csca];
        let list = de.list(ago(service, 10), entries);
        let material = proposed(service, &list).await;
        assert_eq!((material.kind(), material.publisher.as_str()), (pb::TrustKind::MasterList, "DE"));
        let counts = [material.entries, material.entries_new, material.entries_known, material.entries_removed];
        assert_eq!(counts, [3, 2, 1, 0]);
        assert_eq!(service.app().trust().authorities(), 1, "nothing comes in force by a proposal");

        let approved = approve(service, approval(service, &material)).await.material.unwrap();
        assert_eq!(approved.state(), pb::TrustState::InForce);
        assert!(approved.proposed_by != approved.decided_by && approved.decided_at.is_some());
        assert_eq!(service.app().trust().authorities(), 3);
        let list = listed(service).await;
        assert_eq!((list.in_force.len(), list.proposed.len(), list.csca_certificates, list.revision), (2, 0, 3, 2));
        assert_eq!(service.actions(&material.material_id).await, ["trust.proposed", "trust.approved"]);
    })
    .await;
}

#[tokio::test]
async fn the_second_person_is_another_one_and_has_the_same_file() {
    with_two(async |service| {
        let nation = Nation::new("DE", service.now());
        let material = proposed(service, &nation.csca).await;
        let own = client(service, "operator").approve_material(approval(service, &material)).await.unwrap();
        assert_eq!(own.into_inner().outcome(), pb::ApproveOutcome::OwnProposal);
        let other = pb::ApproveMaterialRequest { sha256: "0".repeat(64), ..approval(service, &material) };
        assert_eq!(approve(service, other).await.outcome(), pb::ApproveOutcome::AnotherFile);
        assert_eq!(service.app().trust().authorities(), 0);
        assert_eq!(service.actions(&material.material_id).await, ["trust.proposed"]);

        let first = approval(service, &material);
        assert_eq!(approve(service, first.clone()).await.outcome(), pb::ApproveOutcome::InForce);
        assert_eq!(approve(service, first.clone()).await.outcome(), pb::ApproveOutcome::InForce, "a repeat");
        let again = approve(service, approval(service, &material)).await;
        assert_eq!(again.outcome(), pb::ApproveOutcome::AlreadyDecided);
        service.wait(Duration::from_secs(1));
        let reused = pb::ApproveMaterialRequest { allow_older: true, ..first };
        let refused = client(service, "second").approve_material(reused).await.unwrap_err();
        assert_eq!(reason(&refused), "REQUEST_ID_REUSED");
        assert_eq!(service.actions(&material.material_id).await, ["trust.proposed", "trust.approved"]);
    })
    .await;
}

#[tokio::test]
async fn a_proposal_is_dropped_once_and_what_is_in_force_is_not() {
    with_two(async |service| {
        let nation = Nation::new("DE", service.now());
        let material = proposed(service, &nation.csca).await;
        let reject = async |id: &str| {
            let request = pb::RejectMaterialRequest { material_id: id.to_owned() };
            client(service, "second").reject_material(request).await.map(|answer| answer.into_inner().material.unwrap())
        };
        for _ in 0..2 {
            assert_eq!(reject(&material.material_id).await.unwrap().state(), pb::TrustState::Rejected);
        }
        assert_eq!(service.actions(&material.material_id).await, ["trust.proposed", "trust.rejected"]);
        let late = approve(service, approval(service, &material)).await;
        assert_eq!(late.outcome(), pb::ApproveOutcome::AlreadyDecided);
        let again = import(service, &nation.csca).await;
        assert_ne!(again.material_id, material.material_id);
        assert_eq!(reason(&reject(&again.material_id).await.unwrap_err()), "TRUST_MATERIAL_DECIDED");
        assert_eq!(reason(&reject(&service.id()).await.unwrap_err()), "TRUST_MATERIAL_NOT_FOUND");
        service.wait(Duration::from_secs(1));
        let unknown = pb::ApproveMaterialRequest { material_id: service.id(), ..approval(service, &again) };
        let refused = client(service, "second").approve_material(unknown).await.unwrap_err();
        assert_eq!(reason(&refused), "TRUST_MATERIAL_NOT_FOUND");
    })
    .await;
}

#[tokio::test]
async fn a_newer_list_takes_the_place_of_the_older_and_what_it_leaves_out_is_trusted_no_longer() {
    with_two(async |service| {
        let [de, nl, fr] = ["DE", "NL", "FR"].map(|country| Nation::new(country, service.now()));
        import(service, &de.csca).await;
        import(service, &nl.csca).await;
        let old = import(service, &de.list(ago(service, 20), [&de.csca[..], &nl.csca, &fr.csca])).await;
        assert_eq!(service.app().trust().authorities(), 3);
        // Holland, imported singly, stays though the list leaves it out.
        let new = import(service, &de.list(ago(service, 10), [&de.csca[..]])).await;
        assert_eq!(new.entries_removed, 1);
        assert_eq!(service.app().trust().authorities(), 2);
        let list = listed(service).await;
        assert!(list.in_force.iter().all(|material| material.material_id != old.material_id));
        // Another publisher's list does not touch it.
        import(service, &nl.list(ago(service, 30), [&fr.csca[..]])).await;
        assert_eq!(service.app().trust().authorities(), 3);
    })
    .await;
}

#[tokio::test]
async fn an_older_list_comes_back_only_if_both_persons_mean_it() {
    with_two(async |service| {
        let de = Nation::new("DE", service.now());
        import(service, &de.csca).await;
        let (old, new) = (de.list(ago(service, 20), [&de.csca[..]]), de.list(ago(service, 10), [&de.csca[..]]));
        let waiting = proposed(service, &old).await;
        import(service, &new).await;
        assert_eq!(refused(service, &de.list(ago(service, 15), [&de.csca[..]])).await, ["file.older"]);
        // The one that was proposed before is examined against what is in force by now.
        let late = approve(service, approval(service, &waiting)).await;
        assert_eq!((late.outcome(), names(&late.problems)), (pb::ApproveOutcome::NotAccepted, vec!["file.older"]));
        let alone = pb::ApproveMaterialRequest { allow_older: true, ..approval(service, &waiting) };
        assert_eq!(approve(service, alone).await.outcome(), pb::ApproveOutcome::NotAccepted, "one person alone");

        service.wait(Duration::from_secs(1));
        let meant = pb::ProposalHead { allow_older: true, ..head(service) };
        let older = de.list(ago(service, 15), [&de.csca[..]]);
        let answer = send(service, parts(meant, &older)).await.unwrap();
        assert_eq!(names(&answer.problems), ["file.older-on-purpose"]);
        let material = answer.material.unwrap();
        let alone = approve(service, approval(service, &material)).await;
        assert_eq!(alone.outcome(), pb::ApproveOutcome::NotAccepted, "the other person alone");
        let both = pb::ApproveMaterialRequest { allow_older: true, ..approval(service, &material) };
        assert_eq!(approve(service, both).await.outcome(), pb::ApproveOutcome::InForce);
    })
    .await;
}

#[tokio::test]
async fn a_list_that_cannot_be_believed_is_not_kept() {
    with_two(async |service| {
        let now = service.now();
        let de = Nation::new("DE", now);
        let list = de.list(ago(service, 10), [&de.csca[..]]);
        assert_eq!(refused(service, &list).await, ["signer.untrusted"]);
        import(service, &de.csca).await;
        assert_eq!(refused(service, &[]).await, ["file.empty"]);
        assert_eq!(refused(service, b"nonsense").await, ["file.unreadable"]);
        assert_eq!(refused(service, &list[..list.len() - 1]).await, ["file.unreadable"]);
        let with = |change: fn(&mut List<'_>)| {
            let mut list = List::of(ago(service, 10), [&de.csca[..]]);
            change(&mut list);
            de.sign(&list)
        };
        assert_eq!(refused(service, &with(|list| list.with_signer = false)).await, ["signer.missing"]);
        assert_eq!(refused(service, &with(|list| list.signed_right = false)).await, ["signature.wrong"]);
        assert_eq!(refused(service, &de.list(ago(service, 151), [&de.csca[..]])).await, ["signer.dates"]);
        assert_eq!(refused(service, &de.list(ago(service, -1), [&de.csca[..]])).await, ["file.from-the-future"]);
        let mut bent = list.clone();
        *bent.last_mut().unwrap() ^= 1;
        assert_eq!(refused(service, &bent).await, ["signature.wrong"]);
        let other = Nation::with_signer("NL", now, 300, false);
        import(service, &other.csca).await;
        assert_eq!(refused(service, &other.list(ago(service, 10), [&de.csca[..]])).await, ["signer.purpose"]);
        // The same name with another key is somebody else.
        let namesake = Nation::new("DE", now);
        assert_eq!(refused(service, &namesake.list(ago(service, 10), [&de.csca[..]])).await, ["signer.untrusted"]);
        let many: Vec<_> = std::iter::repeat_n(&b"\x30\x00"[..], 2_001).collect();
        assert_eq!(refused(service, &de.list(ago(service, 10), many)).await, ["entry.many"]);
        assert_eq!(listed(service).await.proposed.len(), 0);
    })
    .await;
}

#[tokio::test]
async fn single_bad_entries_are_told_and_left_out_and_repeated_ones_count_once() {
    with_two(async |service| {
        let de = Nation::new("DE", service.now());
        import(service, &de.csca).await;
        let list =
            de.list(ago(service, 10), [&de.csca[..], b"\x30\x03\x02\x01\x00", &de.csca, b"\x04\x00", &de.signer]);
        let material = import(service, &list).await;
        assert_eq!(material.entries, 2);
        let problems: Vec<_> = material.problems.iter().map(|one| (one.name.as_str(), one.about.as_str())).collect();
        assert_eq!(problems[..3], [("entry.unreadable", "2"), ("entry.unreadable", "4"), ("entry.duplicate", "3")]);
        assert_eq!(problems[3].0, "entry.not-ca");
        let long: Vec<_> = std::iter::repeat_n(&b"\x30\x00"[..], 100).collect();
        let answer = propose(service, &de.list(ago(service, 5), long)).await;
        assert_eq!(answer.problems.len(), 20);
        assert_eq!(answer.problems[19].about, "81 more");
    })
    .await;
}

#[tokio::test]
async fn a_list_outlives_its_signer_and_says_so() {
    with_two(async |service| {
        let de = Nation::with_signer("DE", service.now(), 100, true);
        import(service, &de.csca).await;
        let material = import(service, &de.list(ago(service, 60), [&de.csca[..]])).await;
        assert_eq!(names(&material.problems), ["signer.expired"]);
        assert_eq!(refused(service, &de.list(ago(service, 10), [&de.csca[..]])).await, ["signer.dates"]);
    })
    .await;
}

#[tokio::test]
async fn revocation_lists_come_from_an_authority_in_force_and_stop_its_list_signer() {
    with_two(async |service| {
        let (de, nl) = (Nation::new("DE", service.now()), Nation::new("NL", service.now()));
        let crl = de.crl(&[1, 2], ago(service, 10), 30, 5);
        assert_eq!(refused(service, &crl).await, ["crl.issuer"]);
        import(service, &de.csca).await;
        let material = import(service, &crl).await;
        assert_eq!((material.kind(), material.entries), (pb::TrustKind::Crl, 2));
        assert_eq!(refused(service, &nl.crl(&[], ago(service, 1), 30, 1)).await, ["crl.issuer"]);
        assert_eq!(refused(service, &de.crl(&[], ago(service, 11), 30, 9)).await, ["file.older"]);
        let lower = propose(service, &de.crl(&[1], ago(service, 9), 30, 4)).await;
        assert_eq!((lower.outcome(), names(&lower.problems)), (pb::ProposeOutcome::Proposed, vec!["crl.number"]));
        let stale = propose(service, &de.crl(&[1], ago(service, 8), 7, 6)).await;
        assert_eq!(names(&stale.problems), ["crl.stale"]);
        import(service, &de.crl(&[7], ago(service, 7), 30, 7)).await;
        assert_eq!(refused(service, &de.list(ago(service, 60), [&de.csca[..]])).await, ["signer.revoked"]);
    })
    .await;
}

#[tokio::test]
async fn deviations_are_data_with_an_end() {
    with_two(async |service| {
        let list = |day: &str, until: &str| {
            let list = serde_json::json!({ "name": "national", "issued_on": day, "deviations": [{
                "certificate": "ab".repeat(32), "fault": "chip.signer-profile", "until": until,
                "reason": "Signers of 2019 lack the key usage." }] });
            list.to_string().into_bytes()
        };
        let material = import(service, &list("2026-11-01", "2026-11-10")).await;
        assert_eq!((material.kind(), material.publisher.as_str()), (pb::TrustKind::Deviations, "national"));
        assert_eq!(names(&material.problems), ["deviation.certificate", "deviation.over"]);
        assert_eq!(refused(service, &list("2026-10-31", "2027-01-01")).await, ["file.older"]);
        let newer = import(service, &list("2026-11-02", "2027-01-01")).await;
        assert_eq!(names(&newer.problems), ["deviation.certificate"]);
        assert_eq!(listed(service).await.in_force.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn the_same_file_waits_or_is_in_force_once() {
    with_two(async |service| {
        let nation = Nation::new("DE", service.now());
        let head = head(service);
        let first = send(service, parts(head.clone(), &nation.csca)).await.unwrap();
        let material = first.material.clone().unwrap();
        let repeat = send(service, parts(head.clone(), &nation.csca)).await.unwrap();
        assert_eq!(repeat.material.unwrap().material_id, material.material_id);
        let reused = send(service, parts(head, b"another")).await.unwrap_err();
        assert_eq!(reason(&reused), "REQUEST_ID_REUSED");
        let again = propose(service, &nation.csca).await;
        assert_eq!(again.outcome(), pb::ProposeOutcome::AlreadyProposed);
        assert_eq!(again.material.unwrap().material_id, material.material_id);
        approve(service, approval(service, &material)).await;
        assert_eq!(propose(service, &nation.csca).await.outcome(), pb::ProposeOutcome::AlreadyInForce);
        // The same certificate as text is another file of the same publisher, and no newer.
        let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", base64(&nation.csca));
        assert_eq!(refused(service, pem.as_bytes()).await, ["file.older"]);
    })
    .await;
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[tokio::test]
async fn a_file_is_of_the_kind_that_was_named_and_not_too_large() {
    with_two(async |service| {
        let nation = Nation::new("DE", service.now());
        let named = pb::ProposalHead { kind: pb::TrustKind::Crl.into(), ..head(service) };
        let answer = send(service, parts(named, &nation.csca)).await.unwrap();
        assert_eq!(names(&answer.problems), ["file.another-kind"]);
        assert_eq!(refused(service, &vec![0x30; (4 << 20) + 1]).await, ["file.too-large"]);
        let only_head = send(service, vec![Part::Head(head(service))]).await.unwrap();
        assert_eq!(names(&only_head.problems), ["file.empty"]);
    })
    .await;
}

#[tokio::test]
async fn a_stream_that_is_none_is_told_by_its_fields() {
    with_two(async |service| {
        let refusal = async |parts| fields(&send(service, parts).await.unwrap_err());
        assert_eq!(refusal(vec![]).await, ["head"]);
        assert_eq!(refusal(vec![Part::Chunk(vec![1])]).await, ["head"]);
        let wrong = pb::ProposalHead { request_id: "1".into(), kind: 99, ..Default::default() };
        assert_eq!(refusal(vec![Part::Head(wrong)]).await, ["request_id", "kind"]);
        service.wait(Duration::from_secs(1));
        assert_eq!(refusal(vec![Part::Head(head(service)), Part::Head(head(service))]).await, ["chunk"]);
        let empty = client(service, "second").approve_material(pb::ApproveMaterialRequest::default()).await;
        assert_eq!(fields(&empty.unwrap_err()), ["request_id", "material_id", "sha256"]);
    })
    .await;
}

#[tokio::test]
async fn the_practice_country_is_trusted_in_practice_alone() {
    let utopia = |service: &Service| Nation::new("UT", service.now());
    with_two(async |service| {
        let (utopia, de) = (utopia(service), Nation::new("DE", service.now()));
        assert_eq!(refused(service, &utopia.csca).await, ["file.practice"]);
        import(service, &de.csca).await;
        let material = import(service, &de.list(ago(service, 10), [&de.csca[..], &utopia.csca])).await;
        assert_eq!((names(&material.problems), material.entries), (vec!["entry.practice"], 1));
        assert_eq!(service.app().trust().authorities(), 1);
        let csca = eid::chip::certificate::Certificate::from_der(&utopia.csca).unwrap();
        assert!(!service.app().trust_practice(vec![csca], Vec::new()).await);
        assert!(!listed(service).await.practice);
    })
    .await;
    let wishes = Wishes { practice: true, ..Wishes::default() };
    with_wishes(wishes, async |service| {
        let csca = eid::chip::certificate::Certificate::from_der(&utopia(service).csca).unwrap();
        assert!(service.app().trust_practice(vec![csca], Vec::new()).await);
        service.app().refresh_trust().await.unwrap();
        assert_eq!(service.app().trust().authorities(), 1);
        let list = listed(service).await;
        assert!(list.practice && list.csca_certificates == 0);
    })
    .await;
}

#[tokio::test]
async fn another_process_follows_at_its_next_look() {
    with_two(async |service| {
        let nation = Nation::new("DE", service.now());
        let other: App = service.another_process(TrustSettings {
            expired_signers: true,
            digest_info_without_null: false,
            practice: false,
        });
        other.refresh_trust().await.unwrap();
        import(service, &nation.csca).await;
        assert_eq!(other.trust().authorities(), 0);
        other.refresh_trust().await.unwrap();
        assert_eq!(other.trust().authorities(), 1);
        let before = other.trust();
        other.refresh_trust().await.unwrap();
        assert!(std::sync::Arc::ptr_eq(&before, &other.trust()), "it is not read again for nothing");
    })
    .await;
}

#[tokio::test]
async fn of_many_second_persons_at_once_one_puts_it_in_force() {
    const SECOND_PERSONS: usize = 4;
    with_two(async |service| {
        for n in 0..SECOND_PERSONS {
            service.register(Role::Operator, None, &format!("second-{n}")).await;
        }
        // Several rounds, because they meet at different places.
        for (round, country) in (1..).zip(["AT", "BE", "CZ", "DE", "EE", "FR", "GR", "HU", "IE", "LT", "NL", "PT"]) {
            let nation = Nation::new(country, service.now());
            let material = proposed(service, &nation.csca).await;
            // Each a person of their own, with a code of their own: the clock stands still while they are at it.
            service.wait(Duration::from_secs(30));
            let approvals = (0..SECOND_PERSONS).map(|n| approve_as(service, n, approval(service, &material)));
            let answers = futures::future::join_all(approvals).await;
            let outcomes: Vec<_> = answers.iter().map(pb::ApproveMaterialResponse::outcome).collect();
            let count = |outcome| outcomes.iter().filter(|one| **one == outcome).count();
            assert_eq!(count(pb::ApproveOutcome::InForce), 1, "{outcomes:?}");
            assert_eq!(count(pb::ApproveOutcome::AlreadyDecided), SECOND_PERSONS - 1, "{outcomes:?}");
            assert_eq!(service.actions(&material.material_id).await, ["trust.proposed", "trust.approved"]);
            assert_eq!(listed(service).await.revision, round);
        }
    })
    .await;
}

#[tokio::test]
async fn auditors_see_the_list_and_each_look_is_recorded() {
    with_two(async |service| {
        let mut auditor = client(service, "auditor");
        let list = auditor.list_material(pb::ListMaterialRequest {}).await.unwrap().into_inner();
        assert_eq!((list.in_force.len(), list.revision), (0, 0));
        let looker = service.app().caller(&certificate("auditor")).await.unwrap().unwrap();
        assert_eq!(service.actions(&looker.id().to_string()).await, ["staff.registered", "trust.listed"]);
    })
    .await;
}
