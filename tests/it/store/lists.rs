//! Working lists: pages and counts against a reference of their own, and how each engine goes about them.

use std::collections::BTreeMap;
use std::time::Duration;

use eid::domain::enrolment::{Enrolment, Holder, RefusalReason, ReturnReason, Stage, StageName, WithdrawalReason};
use eid::domain::ids::AccountId;
use eid::domain::office::OfficeSpan;
use eid::domain::staff::OfficeCode;
use eid::domain::time::Timestamp;
use eid::domain::working_list::{Filter, PageEnd};
use eid::store::{Change, LIST_STATEMENTS, StageCount, StoredEnrolment};
use eid::sys::Dice;

use super::scene::Scene;
use crate::support::database::on_postgres;
use crate::support::plan::plan;
use crate::support::records::{NOW, later, office, passage_to, received};

const HOUR: Duration = Duration::from_hours(1);

/// A number below `bound`.
fn below(dice: &Dice, bound: u32) -> u32 {
    u32::from_be_bytes(dice.bytes()) % bound
}

fn one_of<T: Copy>(dice: &Dice, all: &[T]) -> T {
    all[below(dice, u32::try_from(all.len()).unwrap()) as usize]
}

/// Every request of a code, whenever it was received.
fn always(code: &OfficeCode) -> OfficeSpan {
    OfficeSpan { code: code.clone(), from: None, until: None }
}

/// Some instant of these days; several requests share it.
fn moment(dice: &Dice) -> Timestamp {
    NOW.minus(HOUR * below(dice, 72))
}

fn stage(scene: &Scene, dice: &Dice) -> Stage {
    let at = NOW;
    match below(dice, 7) {
        0 => Stage::Received,
        1 => Stage::Referred,
        2 => Stage::Returned { reason: ReturnReason::Data },
        3 => Stage::Issued { account: AccountId::new(scene.make.id()), at },
        4 => Stage::Refused { reason: RefusalReason::Other, at },
        5 => Stage::Withdrawn { reason: WithdrawalReason::Applicant, at },
        _ => Stage::Forwarded { lease: None },
    }
}

/// So many requests of two offices, in any stage, some overdue.
async fn population(scene: &Scene, dice: &Dice, count: usize) -> Vec<Enrolment> {
    let offices = [office(), OfficeCode::parse("79-02").unwrap()];
    let (mut new, mut moved, mut all) = (Vec::new(), Vec::new(), Vec::new());
    for at in 0..count {
        let mut stored = scene.make.enrolment(scene.officer.id);
        let enrolment = &mut stored.enrolment;
        enrolment.office = offices[at % 2].clone();
        enrolment.received_at = moment(dice);
        let reached = stage(scene, dice);
        let direct = matches!(reached, Stage::Received | Stage::Referred | Stage::Forwarded { .. });
        enrolment.act_by = Some(moment(dice).plus(HOUR * 36)).filter(|_| below(dice, 5) > 0);
        if direct {
            enrolment.stage = reached.clone();
        }
        new.push(Change::NewEnrolment(Box::new(stored.clone()), received(&stored)));
        if !direct {
            stored.enrolment.stage = reached;
            let mut passage = passage_to(&stored.enrolment);
            let open = matches!(stored.enrolment.stage, Stage::Returned { .. });
            passage.enrolment_mut().act_by = stored.enrolment.act_by.filter(|_| open);
            stored.enrolment = passage.enrolment().clone();
            moved.push(Change::SaveEnrolment(Box::new(passage), stored.version));
        }
        all.push(stored.enrolment);
    }
    scene.done(new).await;
    scene.done(moved).await;
    all
}

/// What a filter asks for, said a second time.
#[derive(Debug)]
struct Asked {
    states: Vec<StageName>,
    holder: Option<Holder>,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    overdue: bool,
}

impl Asked {
    fn any(dice: &Dice) -> Self {
        let holders = [Holder::Service, Holder::Supervisor, Holder::Office, Holder::Authority, Holder::Nobody];
        Self {
            states: (0..below(dice, 4)).map(|_| one_of(dice, &StageName::ALL)).collect(),
            holder: (below(dice, 3) == 0).then(|| one_of(dice, &holders)),
            from: (below(dice, 3) == 0).then(|| moment(dice)),
            until: (below(dice, 3) == 0).then(|| moment(dice)),
            overdue: below(dice, 3) == 0,
        }
    }

    fn filter(&self) -> Filter {
        let filter = Filter::all().in_stages(&self.states);
        let filter = self.holder.into_iter().fold(filter, Filter::held_by);
        let filter = self.from.into_iter().fold(filter, Filter::received_from);
        let filter = self.until.into_iter().fold(filter, Filter::received_until);
        if self.overdue { filter.overdue() } else { filter }
    }

    fn is_met_by(&self, one: &Enrolment) -> bool {
        let name = one.stage.name();
        (self.states.is_empty() || self.states.contains(&name))
            && self.holder.is_none_or(|holder| name.holder() == holder)
            && self.from.is_none_or(|from| from <= one.received_at)
            && self.until.is_none_or(|until| one.received_at < until)
            && (!self.overdue || one.act_by.is_some_and(|act_by| act_by <= NOW))
    }
}

/// Every page one after another.
async fn walked(scene: &Scene, span: &OfficeSpan, filter: &Filter, size: u32) -> Vec<StoredEnrolment> {
    let mut rows: Vec<StoredEnrolment> = Vec::new();
    loop {
        let end = rows.last().map(|row| (row.enrolment.received_at, row.enrolment.id));
        let before = end.map(|(at, id)| PageEnd { at, id });
        let page = scene.reader().await.listed(span, (filter, NOW), before, size).await.unwrap();
        if page.is_empty() {
            return rows;
        }
        assert!(page.len() <= size as usize);
        rows.extend(page.into_iter().map(|listed| listed.stored.unwrap()));
    }
}

#[tokio::test]
async fn lists_and_counts_find_what_a_reference_finds_under_any_filter() {
    let (scene, dice) = (Scene::new().await, Dice::seeded(7));
    let all = population(&scene, &dice, 160).await;
    for _ in 0..120 {
        let asked = Asked::any(&dice);
        let (filter, span) = (asked.filter(), always(&office()));
        let mut expected: Vec<_> =
            all.iter().filter(|one| one.office == office() && asked.is_met_by(one)).cloned().collect();
        expected.sort_unstable_by_key(|one| std::cmp::Reverse((one.received_at, one.id)));
        let listed = walked(&scene, &span, &filter, 1 + below(&dice, 40)).await;
        assert_eq!(listed.into_iter().map(|row| row.enrolment).collect::<Vec<_>>(), expected, "{asked:?}");

        let mut numbers: BTreeMap<StageName, (u64, u64)> = BTreeMap::new();
        for one in &expected {
            let (count, overdue) = numbers.entry(one.stage.name()).or_default();
            *count += 1;
            *overdue += u64::from(one.is_overdue(NOW));
        }
        let mut counted = scene.reader().await.counted(&span, (&filter, NOW)).await.unwrap();
        counted.sort_unstable_by_key(|one| one.stage);
        let expected: Vec<_> =
            numbers.into_iter().map(|(stage, (count, overdue))| StageCount { stage, count, overdue }).collect();
        assert_eq!(counted, expected, "{asked:?}");
    }
}

#[tokio::test]
async fn a_span_holds_what_was_received_from_its_first_day_to_the_end_of_its_last() {
    let scene = Scene::new().await;
    let (day, micro) = (NOW.local_date(), Duration::from_micros(1));
    let (begin, end) = (Timestamp::start_of(day), Timestamp::start_of(day.next_day().unwrap()));
    let mut kept = Vec::new();
    for received_at in [begin.minus(micro), begin, end.minus(micro), end] {
        let mut stored = scene.make.enrolment(scene.officer.id);
        stored.enrolment.received_at = received_at;
        scene.done([Change::NewEnrolment(Box::new(stored.clone()), received(&stored))]).await;
        kept.push(stored.enrolment.id);
    }
    let found = async |from, until| {
        let span = OfficeSpan { code: office(), from, until };
        let rows = walked(&scene, &span, &Filter::all(), 10).await;
        let counted = scene.reader().await.counted(&span, (&Filter::all(), NOW)).await.unwrap();
        assert_eq!(counted.iter().map(|one| one.count).sum::<u64>(), rows.len() as u64);
        rows.iter().rev().map(|row| row.enrolment.id).collect::<Vec<_>>()
    };
    assert_eq!(found(Some(day), Some(day)).await, kept[1..3]);
    assert_eq!(found(None, Some(day)).await, kept[..3]);
    assert_eq!(found(Some(day), None).await, kept[1..]);
    assert_eq!(found(None, None).await, kept);
}

#[tokio::test]
async fn a_snapshot_sees_one_state_of_the_store_whatever_is_committed() {
    let scene = Scene::new().await;
    scene.enrolment().await;
    let (span, all) = (always(&office()), Filter::all());
    let mut snapshot = scene.store.snapshot().await.unwrap();
    let before = snapshot.counted(&span, (&all, NOW)).await.unwrap();
    assert_eq!(before[0].count, 1);
    scene.enrolment().await;
    assert_eq!(snapshot.counted(&span, (&all, NOW)).await.unwrap(), before);
    assert_eq!(scene.reader().await.counted(&span, (&all, NOW)).await.unwrap()[0].count, 2);
    drop(snapshot);
    // The connection that it had reads the present again, whoever gets it.
    for _ in 0..8 {
        assert_eq!(scene.reader().await.counted(&span, (&all, NOW)).await.unwrap()[0].count, 2);
        assert_eq!(scene.store.snapshot().await.unwrap().counted(&span, (&all, NOW)).await.unwrap()[0].count, 2);
    }
}

#[tokio::test]
async fn changes_come_with_the_request_as_it_stands_now() {
    let scene = Scene::new().await;
    let (first, mut second) = (scene.enrolment().await, scene.enrolment().await);
    second.enrolment.stage = Stage::Refused { reason: RefusalReason::Other, at: later(5) };
    let passage = passage_to(&second.enrolment);
    scene.done([Change::SaveEnrolment(Box::new(passage.clone()), second.version)]).await;
    let mut reader = scene.reader().await;
    let told = reader.changes_after(&office(), 0, 100).await.unwrap();
    let events: Vec<_> = told.iter().map(|one| one.stored.clone()).collect();
    assert_eq!(events, reader.events_after(&office(), 0, 100).await.unwrap());
    let standing: Vec<_> = told.iter().map(|one| &one.enrolment).collect();
    let standing: Vec<_> = standing.into_iter().flatten().collect();
    assert_eq!(standing, [&first.enrolment, passage.enrolment(), passage.enrolment()]);
    assert_eq!(reader.changes_after(&office(), 1, 1).await.unwrap(), told[1..2]);
    assert!(reader.changes_after(&office(), 3, 100).await.unwrap().is_empty());
    assert_eq!(reader.last_events(100).await.unwrap(), [(office(), 3)]);
    assert!(reader.last_events(0).await.unwrap().is_empty());
}

/// Forty offices with a thousand requests each, one in ten of them open.
const MANY: [&str; 2] = [
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000) \
     INSERT INTO enrolment (id, office, officer, received_at, notes, content, passport_index, stage, decided_at, act_by, \
     version) SELECT randomblob(16), (10 + i % 40) || '-01', (SELECT id FROM staff LIMIT 1), i * 1000, '[]', x'00', x'00', \
     CASE WHEN i % 10 > 0 THEN 'issued' WHEN i % 30 = 0 THEN 'returned' ELSE 'forwarded' END, \
     CASE WHEN i % 10 > 0 THEN i * 1000 END, CASE WHEN i % 10 = 0 THEN i * 2000 END, 1 FROM n",
    "INSERT INTO enrolment (id, office, officer, received_at, notes, content, passport_index, stage, decided_at, act_by, \
     version) SELECT gen_random_uuid(), (10 + i % 40) || '-01', (SELECT id FROM staff LIMIT 1), i * 1000, '[]', '\\x00', \
     '\\x00', CASE WHEN i % 10 > 0 THEN 'issued' WHEN i % 30 = 0 THEN 'returned' ELSE 'forwarded' END, \
     CASE WHEN i % 10 > 0 THEN i * 1000 END, CASE WHEN i % 10 = 0 THEN i * 2000 END, 1 \
     FROM generate_series(1, 40000) AS i",
];

/// How the engine means to go about a statement.
async fn planned(scene: &Scene, sql: &'static str) -> String {
    let places = (1..=13).rev().find(|place| sql.contains(&format!("${place}"))).unwrap();
    let mut parameters = vec![
        ("text", "'50-01'"),
        ("bigint", "0"),
        ("bigint", "9000000000000000000"),
        ("uuid", "'00000000-0000-0000-0000-000000000000'"),
        ("bigint", "NULL"),
        ("bigint", "51"),
    ];
    parameters.resize(places, ("text", "'returned'"));
    plan(&scene.database, sql, &parameters, "").await
}

#[tokio::test]
async fn no_list_and_no_count_looks_at_every_request_and_no_page_is_sorted() {
    let scene = Scene::new().await;
    scene.database.tamper(MANY[usize::from(on_postgres())]).await;
    if on_postgres() {
        scene.database.tamper("ANALYZE enrolment").await;
    }
    for (name, sql) in LIST_STATEMENTS {
        let plan = planned(&scene, sql).await;
        let scans = plan.contains("Seq Scan") || plan.contains("SCAN enrolment");
        assert!(!scans && plan.contains("enrolment_list"), "{name}\n{plan}");
        if name.starts_with("page") {
            assert!(!plan.contains("Sort") && !plan.contains("TEMP B-TREE"), "{name}\n{plan}");
        }
    }
}
