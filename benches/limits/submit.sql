-- The rows of one request that is taken in, as one statement that knows all of them: what a database can do at best with
-- what `Submit` writes. Run by pgbench; :officer is an entry of the staff directory, :content 1,040 bytes in hex.
\set office random(1, 64)
WITH drawn AS MATERIALIZED (
  SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now,
    md5(random()::text) AS a, md5(random()::text) AS b, md5(random()::text) AS c, md5(random()::text) AS d
), named AS MATERIALIZED (
  SELECT now, a, b, c, d, 'load-' || :office AS office, :officer::uuid AS officer,
    (lpad(to_hex(now / 1000), 12, '0') || '7' || substr(a, 1, 3) || '8' || substr(a, 4, 15))::uuid AS enrolment,
    (lpad(to_hex(now / 1000), 12, '0') || '7' || substr(b, 1, 3) || '8' || substr(b, 4, 15))::uuid AS look,
    (lpad(to_hex(now / 1000), 12, '0') || '7' || substr(c, 1, 3) || '8' || substr(c, 4, 15))::uuid AS entry
  FROM drawn
), remembered AS (
  INSERT INTO request (caller, request_id, content, answer, at)
  SELECT officer, d::uuid, decode(a || b, 'hex'), '{"enrolment":"' || enrolment || '","answered":"............"}', now
  FROM named RETURNING 1
), received AS (
  INSERT INTO enrolment (id, office, officer, received_at, since, revision, notes, content, passport_index, stage,
    face_on_file, fingerprints_on_file, due_at, deadline_basis, limit_days, spent_days, clock_ran, clock_running_since,
    calendar_edition, deadline_provisional, version)
  SELECT enrolment, office, officer, now, now, 1, '[]', decode(:content, 'hex'), decode(a || c, 'hex'), 'forwarded', true,
    true, now, 'biometrics-on-file', 3, 0, '[]', now, '2026-11-21', false, 1
  FROM named RETURNING 1
), counted AS (
  INSERT INTO enrolment_stream (office, last) SELECT office, 2 FROM named
  ON CONFLICT (office) DO UPDATE SET last = enrolment_stream.last + excluded.last RETURNING last
), happened AS (
  INSERT INTO enrolment_event (office, position, enrolment_id, at, verb, from_stage, to_stage, actor)
  SELECT office, (SELECT last FROM counted) - 2 + place, enrolment, now, verb, NULL, 'forwarded', 'staff ' || officer
  FROM named, (VALUES (1, 'receive'), (2, 'forward')) AS verbs (place, verb) RETURNING 1
), bound AS (
  INSERT INTO binding (kind, value, owner, holders)
  SELECT kind, decode(value, 'hex'), decode(d, 'hex'), 1
  FROM named, LATERAL (VALUES ('phone', a || b), ('passport', b || c), ('card', c || d)) AS own (kind, value)
  ON CONFLICT (kind, value) DO UPDATE SET holders = binding.holders + 1 WHERE binding.owner = excluded.owner RETURNING 1
), changed AS (
  INSERT INTO duplicate_bucket (bucket, changes)
  SELECT DISTINCT (('x' || substr(md5(a || place), 1, 5))::bit(20)::int)::bigint AS bucket, 1
  FROM named, generate_series(1, 9) AS place ORDER BY bucket
  ON CONFLICT (bucket) DO UPDATE SET changes = duplicate_bucket.changes + 1 RETURNING 1
), keyed AS (
  INSERT INTO duplicate_key (value, enrolment, kind, form)
  SELECT decode(md5(a || place), 'hex'), enrolment, 'name-birth', 1
  FROM named, generate_series(1, 9) AS place ON CONFLICT DO NOTHING RETURNING 1
), signed AS (
  INSERT INTO receipt (enrolment_id, revision, signed)
  SELECT enrolment, 1, substr(:content, 1, 413) FROM named RETURNING 1
), logged AS (
  INSERT INTO audit_entry (id, at, actor, subject, action, canonical, hash)
  SELECT id, now, 'staff ' || officer, subject, action, decode(substr(:content, 1, bytes), 'hex'), decode(a || d, 'hex')
  FROM named, LATERAL (VALUES (look, officer, 'record.viewed', 598), (entry, enrolment, 'enrolment.received', 498))
    AS entries (id, subject, action, bytes) RETURNING 1
)
SELECT (SELECT count(*) FROM remembered) + (SELECT count(*) FROM received) + (SELECT count(*) FROM happened)
  + (SELECT count(*) FROM bound) + (SELECT count(*) FROM changed) + (SELECT count(*) FROM keyed)
  + (SELECT count(*) FROM signed) + (SELECT count(*) FROM logged);
