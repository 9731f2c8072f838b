//! How the engine of the pass means to go about a statement of the store's own.

use sqlx::{Connection as _, Executor as _, PgConnection, Row as _, SqliteConnection};

use super::database::{Database, on_postgres};

/// The plan, a step on each line. PostgreSQL is told the type of each parameter and a value for it, and first of all what
/// `setting` says.
pub async fn plan(
    database: &Database,
    sql: &'static str,
    parameters: &[(&str, &str)],
    setting: &'static str,
) -> String {
    let rows = if on_postgres() {
        let mut connection = PgConnection::connect(database.url()).await.unwrap();
        // The plan that serves whatever is bound, as it is after the first few calls on a connection.
        connection.execute("SET plan_cache_mode = force_generic_plan").await.unwrap();
        connection.execute(setting).await.unwrap();
        let (types, values): (Vec<_>, Vec<_>) = parameters.iter().copied().unzip();
        let list = |all: Vec<&str>| if all.is_empty() { String::new() } else { format!("({})", all.join(", ")) };
        let prepare = format!("PREPARE asked {} AS {sql}", list(types));
        let explain = format!("EXPLAIN EXECUTE asked {}", list(values));
        #[expect(clippy::disallowed_methods, reason = "a statement of the store's own with types that are named here")]
        let (prepare, explain) = (sqlx::AssertSqlSafe(prepare), sqlx::AssertSqlSafe(explain));
        sqlx::raw_sql(prepare).execute(&mut connection).await.unwrap();
        let rows = sqlx::raw_sql(explain).fetch_all(&mut connection).await.unwrap();
        rows.iter().map(|row| row.get::<String, _>(0)).collect::<Vec<_>>()
    } else {
        let mut connection = SqliteConnection::connect(database.url()).await.unwrap();
        #[expect(clippy::disallowed_methods, reason = "a statement of the store's own")]
        let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
        let rows = sqlx::query(explain).fetch_all(&mut connection).await.unwrap();
        rows.iter().map(|row| row.get::<String, _>("detail")).collect()
    };
    rows.join("\n")
}
