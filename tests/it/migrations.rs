//! The migrations: two folders that say one thing, and that can be run again and together.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use eid::domain::ids::{AccountId, ProposalId, Version};
use eid::domain::life::Life;
use eid::domain::proposal::{Act, ProposalState};
use eid::domain::staff::{CertificateName, Role};
use eid::domain::time::Timestamp;
use eid::store::Store;
use sqlx::{Connection as _, Executor as _, PgConnection, Row as _, SqliteConnection};
use uuid::Uuid;

use crate::support::database::{Database, on_postgres};

/// What a schema says, in words that both engines have.
#[derive(PartialEq, Eq, Debug)]
struct Schema {
    /// Type and whether it may be null, by table and column.
    columns: BTreeMap<(String, String), (String, bool)>,
    /// Columns of the primary key, by table.
    primary_keys: BTreeMap<String, Vec<String>>,
    /// Unique constraints: table and columns. They have no name of their own.
    uniques: BTreeSet<(String, Vec<String>)>,
    /// Indexes by name.
    indexes: BTreeMap<String, Index>,
    /// Table, column, table referred to, column there.
    references: BTreeSet<[String; 4]>,
}

#[derive(PartialEq, Eq, Debug)]
struct Index {
    table: String,
    columns: Vec<String>,
    unique: bool,
    /// Which rows it holds, if not all.
    rows: Option<String>,
}

/// The engines' types that stand for the same thing.
fn common_type(declared: &str) -> String {
    match declared {
        "uuid" | "bytea" | "BLOB" => "bytes",
        "bigint" | "boolean" | "INTEGER" => "integer",
        "text" | "TEXT" => "text",
        other => panic!("the type {other} is not one that both engines share"),
    }
    .to_owned()
}

/// A condition without what PostgreSQL adds to it.
fn common_condition(text: &str) -> String {
    text.replace("::text", "").replace(['(', ')'], "").split_whitespace().collect::<Vec<_>>().join(" ")
}

async fn sqlite_schema(url: &str) -> Schema {
    let mut db = SqliteConnection::connect(url).await.unwrap();
    let mut columns = BTreeMap::new();
    let mut keys = BTreeMap::<_, Vec<_>>::new();
    let rows = sqlx::query(
        "SELECT t.name AS tab, c.name AS col, c.type AS kind, c.\"notnull\" AS filled, c.pk AS place \
         FROM sqlite_schema AS t, pragma_table_info(t.name) AS c \
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND t.name NOT LIKE '_sqlx%'",
    );
    for row in rows.fetch_all(&mut db).await.unwrap() {
        let (table, column, place): (String, String, i64) = (row.get("tab"), row.get("col"), row.get("place"));
        // In a STRICT table a key is never null, said or not.
        let nullable = !row.get::<bool, _>("filled") && place == 0;
        columns.insert((table.clone(), column.clone()), (common_type(row.get("kind")), nullable));
        if place > 0 {
            keys.entry(table).or_default().push((place, column));
        }
    }
    let primary_keys = keys.into_iter().map(|(table, mut columns)| {
        columns.sort_unstable();
        (table, columns.into_iter().map(|(_, column)| column).collect())
    });

    let (mut uniques, mut indexes) = (BTreeSet::new(), BTreeMap::<String, Index>::new());
    let rows = sqlx::query(
        "SELECT i.name AS name, t.name AS tab, i.origin AS origin, i.\"unique\" AS single, s.sql AS text, \
         (SELECT group_concat(c.name, ',') FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno) AS c) AS cols \
         FROM sqlite_schema AS t, pragma_index_list(t.name) AS i \
         LEFT JOIN sqlite_schema AS s ON s.type = 'index' AND s.name = i.name \
         WHERE t.type = 'table' AND t.name NOT LIKE '_sqlx%'",
    );
    for row in rows.fetch_all(&mut db).await.unwrap() {
        let table: String = row.get("tab");
        let columns = row.get::<String, _>("cols").split(',').map(str::to_owned).collect();
        match row.get("origin") {
            "u" => drop(uniques.insert((table, columns))),
            "c" => {
                let text: String = row.get("text");
                let rows = text.split_once(" WHERE ").map(|(_, condition)| common_condition(condition));
                indexes.insert(row.get("name"), Index { table, columns, unique: row.get("single"), rows });
            }
            _ => (), // of the primary key
        }
    }

    let rows = sqlx::query(
        "SELECT t.name AS tab, f.\"from\" AS col, f.\"table\" AS other, f.\"to\" AS there \
         FROM sqlite_schema AS t, pragma_foreign_key_list(t.name) AS f WHERE t.type = 'table'",
    );
    let rows = rows.fetch_all(&mut db).await.unwrap();
    let references = rows.iter().map(|row| ["tab", "col", "other", "there"].map(|name| row.get(name))).collect();
    Schema { columns, primary_keys: primary_keys.collect(), uniques, indexes, references }
}

async fn postgres_schema(url: &str) -> Schema {
    let mut db = PgConnection::connect(url).await.unwrap();
    let rows = sqlx::query(
        "SELECT table_name::text AS tab, column_name::text AS col, data_type::text AS kind, is_nullable = 'YES' AS nullable \
         FROM information_schema.columns WHERE table_schema = current_schema() AND table_name NOT LIKE '\\_sqlx%'",
    );
    let rows = rows.fetch_all(&mut db).await.unwrap();
    let columns = rows
        .iter()
        .map(|row| ((row.get("tab"), row.get("col")), (common_type(row.get("kind")), row.get("nullable"))))
        .collect();

    let (mut primary_keys, mut uniques, mut indexes) = (BTreeMap::new(), BTreeSet::new(), BTreeMap::new());
    let rows = sqlx::query(
        "SELECT i.relname::text AS name, t.relname::text AS tab, x.indisprimary AS of_key, x.indisunique AS single, \
         EXISTS (SELECT 1 FROM pg_constraint AS c WHERE c.conindid = i.oid AND c.contype = 'u') AS of_constraint, \
         pg_get_expr(x.indpred, x.indrelid) AS condition, \
         ARRAY(SELECT a.attname::text FROM unnest(x.indkey) WITH ORDINALITY AS k(number, place) \
         JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = k.number ORDER BY k.place) AS cols \
         FROM pg_index AS x JOIN pg_class AS i ON i.oid = x.indexrelid JOIN pg_class AS t ON t.oid = x.indrelid \
         WHERE t.relnamespace = current_schema()::regnamespace AND t.relname NOT LIKE '\\_sqlx%'",
    );
    for row in rows.fetch_all(&mut db).await.unwrap() {
        let (table, columns): (String, Vec<String>) = (row.get("tab"), row.get("cols"));
        if row.get("of_key") {
            primary_keys.insert(table, columns);
        } else if row.get("of_constraint") {
            uniques.insert((table, columns));
        } else {
            let rows = row.get::<Option<String>, _>("condition").map(|text| common_condition(&text));
            indexes.insert(row.get("name"), Index { table, columns, unique: row.get("single"), rows });
        }
    }

    let rows = sqlx::query(
        "SELECT t.relname::text AS tab, a.attname::text AS col, o.relname::text AS other, b.attname::text AS there \
         FROM pg_constraint AS c JOIN pg_class AS t ON t.oid = c.conrelid JOIN pg_class AS o ON o.oid = c.confrelid \
         JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = c.conkey[1] \
         JOIN pg_attribute AS b ON b.attrelid = o.oid AND b.attnum = c.confkey[1] WHERE c.contype = 'f' \
         AND c.connamespace = current_schema()::regnamespace",
    );
    let rows = rows.fetch_all(&mut db).await.unwrap();
    let references = rows.iter().map(|row| ["tab", "col", "other", "there"].map(|name| row.get(name))).collect();
    Schema { columns, primary_keys, uniques, indexes, references }
}

/// A migrated SQLite database; the folder goes with the value.
async fn sqlite_twin() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("twin.db").display());
    let store = Store::open(&url, 1).await.unwrap();
    store.migrate().await.unwrap();
    store.close().await;
    (folder, url)
}

#[test]
fn the_two_folders_hold_migrations_of_the_same_names() {
    let names = |engine: &str| -> BTreeSet<_> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(engine);
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
    };
    let (sqlite, postgres) = (names("sqlite"), names("postgres"));
    assert!(!sqlite.is_empty());
    assert_eq!(sqlite, postgres);
    for (n, name) in sqlite.iter().enumerate() {
        assert!(name.starts_with(&format!("{:04}_", n + 1)), "{name} is out of order");
    }
}

#[tokio::test]
async fn every_sqlite_table_is_strict_and_has_columns_of_shared_types() {
    let (_folder, url) = sqlite_twin().await;
    let schema = sqlite_schema(&url).await;
    assert!(!schema.columns.is_empty() && !schema.indexes.is_empty() && !schema.references.is_empty());
    let mut db = SqliteConnection::connect(&url).await.unwrap();
    let loose = sqlx::query(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0 \
         AND name NOT LIKE 'sqlite%' AND name NOT LIKE '_sqlx%'",
    );
    let loose: Vec<String> = loose.fetch_all(&mut db).await.unwrap().iter().map(|row| row.get("name")).collect();
    assert!(loose.is_empty(), "{loose:?}");
}

#[tokio::test]
async fn the_two_engines_have_the_same_schema() {
    if !on_postgres() {
        return; // the other pass compares
    }
    let (_folder, sqlite) = sqlite_twin().await;
    let postgres = Database::fresh().await;
    let (sqlite, postgres) = (sqlite_schema(&sqlite).await, postgres_schema(postgres.url()).await);
    assert_eq!(sqlite.columns, postgres.columns);
    assert_eq!(sqlite.primary_keys, postgres.primary_keys);
    assert_eq!(sqlite.uniques, postgres.uniques);
    assert_eq!(sqlite.indexes, postgres.indexes);
    assert_eq!(sqlite.references, postgres.references);
}

#[tokio::test]
async fn migrating_again_changes_nothing() {
    let database = Database::fresh().await;
    database.store().migrate().await.unwrap();
    assert_eq!(database.store().reader().await.unwrap().messages_in("waiting").await.unwrap(), 0);
}

#[tokio::test]
async fn replicas_that_migrate_at_once_do_not_disturb_each_other() {
    if !on_postgres() {
        return; // promised for PostgreSQL only
    }
    let database = Database::bare().await;
    let other = Store::open(database.url(), 2).await.unwrap();
    let first = database.store();
    let (one, two) = tokio::join!(first.migrate(), other.migrate());
    one.unwrap();
    two.unwrap();
    other.close().await;
}

/// A database as the release before a migration left it: with the migrations up to `last`, and these rows. Rows may refer to
/// others that are not there.
#[expect(clippy::disallowed_methods, reason = "rows of a release before, written out by the tests below")]
async fn left_by(last: usize, rows: &[&str]) -> Database {
    let database = Database::bare().await;
    let engine = if on_postgres() { "postgres" } else { "sqlite" };
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(engine);
    let folder = tempfile::tempdir().unwrap();
    for file in fs::read_dir(source).unwrap().map(|file| file.unwrap().path()) {
        let name = file.file_name().unwrap().to_str().unwrap();
        if name[..4].parse::<usize>().unwrap() <= last {
            fs::copy(&file, folder.path().join(name)).unwrap();
        }
    }
    let migrator = sqlx::migrate::Migrator::new(folder.path()).await.unwrap();
    if on_postgres() {
        let mut db = PgConnection::connect(database.url()).await.unwrap();
        migrator.run(&mut db).await.unwrap();
        db.execute("SET session_replication_role = replica").await.unwrap();
        for row in rows {
            db.execute(sqlx::AssertSqlSafe(*row)).await.unwrap();
        }
        db.close().await.unwrap();
    } else {
        let mut db = SqliteConnection::connect(database.url()).await.unwrap();
        migrator.run(&mut db).await.unwrap();
        db.execute("PRAGMA foreign_keys = OFF").await.unwrap();
        for row in rows {
            db.execute(sqlx::AssertSqlSafe(*row)).await.unwrap();
        }
        db.close().await.unwrap();
    }
    database
}

#[tokio::test]
async fn the_schema_of_a_later_release_is_left_as_it_is() {
    let (enabled, checksum) = (if on_postgres() { "TRUE" } else { "1" }, bytes_literal());
    let later = format!(
        "INSERT INTO _sqlx_migrations (version, description, installed_on, success, checksum, execution_time) \
         VALUES (9000, 'later', CURRENT_TIMESTAMP, {enabled}, {checksum}, 0)"
    );
    let database = left_by(8_999, &[&later]).await;
    database.store().migrate().await.unwrap();
    database.store().reader().await.unwrap().ping().await.unwrap();
}

/// A UUID that ends with that digit, as the engine of the pass writes it.
fn uuid_literal(digit: u8) -> String {
    if on_postgres() { format!("'00000000-0000-0000-0000-00000000000{digit}'") } else { format!("x'{digit:032x}'") }
}

/// Two bytes, as the engine of the pass writes them.
fn bytes_literal() -> &'static str {
    if on_postgres() { "'\\x0102'" } else { "x'0102'" }
}

#[tokio::test]
async fn wishes_of_the_hotline_from_before_proposals_wait_on_as_proposals() {
    let (staff, wish, account) = (uuid_literal(1), uuid_literal(2), uuid_literal(3));
    let reason = bytes_literal();
    let enabled = if on_postgres() { "TRUE" } else { "1" };
    let database = left_by(
        24,
        &[
            &format!("INSERT INTO staff (id, role, enabled, created_at) VALUES ({staff}, 'hotline', {enabled}, 1)"),
            &format!(
                "INSERT INTO reopening (id, account_id, reason, asked_by, asked_at, expires_at, state, version) \
                 VALUES ({wish}, {account}, {reason}, {staff}, 5, 9, 'pending', 1)"
            ),
        ],
    )
    .await;
    database.store().migrate().await.unwrap();
    let kept = database.store().reader().await.unwrap().proposal(ProposalId::new(Uuid::from_u128(2))).await.unwrap();
    let kept = kept.unwrap();
    assert_eq!(kept.proposal.act, Act::Reopening(AccountId::new(Uuid::from_u128(3))));
    assert_eq!((kept.proposal.expires_at, kept.proposal.state), (Timestamp::from_micros(9), ProposalState::Pending));
    assert_eq!(kept.reason.as_bytes(), [1, 2]);
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the migrations themselves, one after the other")]
async fn contact_changes_of_before_move_forward_and_each_that_ended_says_how() {
    let mut db = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/sqlite");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort_unstable();
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    sqlx::raw_sql("PRAGMA foreign_keys = OFF").execute(&mut db).await.unwrap();
    for file in files.iter().filter(|file| name(file).as_str() < "0027") {
        if name(file) == "0026_contact_request.sql" {
            let rows = "INSERT INTO contact_change (id, account_id, kind, new_value, begun_at, expires_at, state, settled_at, \
                        version) VALUES (x'01', x'0a', 'phone', x'00', 5, 9, 'pending', NULL, 1), \
                        (x'02', x'0a', 'email', x'00', 5, 9, 'confirmed', 7, 2), \
                        (x'03', x'0b', 'phone', x'00', 5, 9, 'cancelled', 8, 2), \
                        (x'04', x'0b', 'email', x'00', 5, 9, 'lapsed', 9, 2)";
            sqlx::raw_sql(rows).execute(&mut db).await.unwrap();
        }
        let text = fs::read_to_string(file).unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(&mut db).await.unwrap();
    }
    let rows = sqlx::query("SELECT state, failure, settled_at, tier FROM contact_change ORDER BY id");
    let rows = rows.fetch_all(&mut db).await.unwrap();
    let told: Vec<(String, Option<String>, i64)> =
        rows.iter().map(|row| (row.get("state"), row.get("failure"), row.get("settled_at"))).collect();
    let due = [
        ("cancelled", Some("superseded"), 5),
        ("confirmed", None, 7),
        ("cancelled", Some("cancelled-by-staff"), 8),
        ("lapsed", Some("expired"), 9),
    ];
    assert_eq!(told, due.map(|(state, failure, at)| (state.to_owned(), failure.map(str::to_owned), at)));
    assert!(rows.iter().all(|row| row.get::<String, _>("tier") == "by-authority"));
}

/// A truth value as the engine of the pass writes it.
fn bool_literal(yes: bool) -> &'static str {
    match (on_postgres(), yes) {
        (true, true) => "TRUE",
        (true, false) => "FALSE",
        (false, true) => "1",
        (false, false) => "0",
    }
}

#[tokio::test]
async fn accounts_of_before_their_life_was_kept_are_open_and_are_looked_after_and_later_records_count_on() {
    let (account, request, import) = (uuid_literal(1), uuid_literal(2), uuid_literal(3));
    let (bytes, no) = (bytes_literal(), bool_literal(false));
    let database = left_by(
        26,
        &[
            &format!(
                "INSERT INTO account (id, enrolment_id, represented, language, number, number_index, phone, phone_index, \
                 login_index, passport_index, issued_at, activated_at, failures_day, failures_today, failures_in_row, \
                 version) VALUES ({account}, {request}, {no}, 'en', {bytes}, {bytes}, {bytes}, {bytes}, {bytes}, {bytes}, 5, \
                 7, 0, 0, 0, 4)"
            ),
            &format!(
                "INSERT INTO registry_record (card_index, document_index, content, recorded_at, import_id) \
                 VALUES ({bytes}, {bytes}, {bytes}, 6, {import})"
            ),
        ],
    )
    .await;
    database.store().migrate().await.unwrap();
    let mut reader = database.store().reader().await.unwrap();
    let id = AccountId::new(Uuid::from_u128(1));
    let kept = reader.account(id).await.unwrap().unwrap();
    assert_eq!((kept.account.life, kept.papers_known, kept.version), (Life::default(), false, Version::new(4)));
    assert_eq!(kept.account.state.active_since(), Some(Timestamp::from_micros(7)));
    let (due, unreadable) = reader.accounts_to_live(Timestamp::from_micros(9), 9).await.unwrap();
    assert!(
        due.len() == 1 && due[0].stored.account.id == id && unreadable.is_empty(),
        "its documents are to be entered"
    );
    assert_eq!((due[0].told, due[0].noticed, due[0].warned), (None, None, [None, None]));
    assert!(reader.locks(id).await.unwrap().is_empty() && reader.documents(id).await.unwrap().is_empty());
    assert!(reader.names_of(&[id]).await.unwrap().is_empty());
    let index = eid::domain::sealed::BlindIndex::from_bytes(vec![1, 2]);
    let record = reader.record_by_card(&index).await.unwrap().unwrap();
    assert_eq!((record.recorded_at, record.strictness), (Timestamp::from_micros(6), 0));
}

#[tokio::test]
async fn entries_of_before_the_directory_was_managed_call_as_they_did_and_their_idle_days_are_yet_to_be_counted() {
    let (one, other) = (uuid_literal(1), uuid_literal(2));
    let (yes, no) = (bool_literal(true), bool_literal(false));
    let certificate = |uri: &str, staff: &str| {
        format!(
            "INSERT INTO staff_certificate (issuer, uri, staff_id, created_at) VALUES ('CN=CA', '{uri}', {staff}, 1)"
        )
    };
    let database = left_by(
        27,
        &[
            &format!("INSERT INTO staff (id, role, enabled, created_at) VALUES ({one}, 'administrator', {yes}, 1)"),
            &format!(
                "INSERT INTO staff (id, role, office, enabled, created_at) VALUES ({other}, 'officer', '79-01', {no}, 2)"
            ),
            &certificate("spiffe://example/one", &one),
            &certificate("spiffe://example/two", &one),
            &certificate("spiffe://example/other", &other),
        ],
    )
    .await;
    database.store().migrate().await.unwrap();
    let mut reader = database.store().reader().await.unwrap();
    for (uri, role, enabled) in [
        ("spiffe://example/one", Role::Administrator, true),
        ("spiffe://example/two", Role::Administrator, true),
        ("spiffe://example/other", Role::Officer, false),
    ] {
        let name = CertificateName { issuer: "CN=CA".to_owned(), uri: uri.to_owned() };
        let entry = reader.staff_by_certificate(&name).await.unwrap().expect("it calls as before");
        assert_eq!((entry.post.role(), entry.enabled, entry.disabled_for), (role, enabled, None));
        assert_eq!((entry.seen_at, entry.active_at, entry.reviewed_at), (None, None, None));
        assert_eq!((entry.posted_at, entry.version), (entry.registered_at, Version::new(1)));
        assert!(reader.staff_totp(entry.id).await.unwrap().is_none());
        let shown = reader.staff_certificates(entry.id).await.unwrap();
        assert!(shown.iter().all(|one| !one.announced && one.ended_at.is_none()), "{shown:?}");
    }
    assert!(reader.has_uncounted_staff().await.unwrap());
}
