-- What one activation changes, as one statement that knows all of it. Run by pgbench on a table of accounts of its own, made
-- by scripts/measure from those of a ground; :staff is an entry of the staff directory, :content 600 bytes in hex.
\set place random(1, :accounts)
WITH drawn AS MATERIALIZED (
  SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now, :staff::uuid AS staff,
    md5(random()::text) AS a, md5(random()::text) AS b
), held AS (
  UPDATE limit_account SET activated_at = (SELECT now FROM drawn), version = version + 1
  WHERE place = :place RETURNING id, place
), spent AS (
  UPDATE limit_code SET spent_at = (SELECT now FROM drawn), tries = tries + 1, version = version + 1
  WHERE account_id = (SELECT id FROM held) RETURNING 1
), counted AS (
  INSERT INTO account_stream (shard, last) SELECT 1000 + place % 16, 1 FROM held
  ON CONFLICT (shard) DO UPDATE SET last = account_stream.last + 1 RETURNING shard, last
), happened AS (
  INSERT INTO account_event (shard, position, account_id, verb, at, activated_at)
  SELECT shard, last, id, 'activated', now, now FROM counted, held, drawn RETURNING 1
), told AS (
  INSERT INTO outbox (id, account_id, kind, content, created_at, useful_until, state, attempts, due_at)
  SELECT (lpad(to_hex(now / 1000), 12, '0') || '7' || substr(a, 1, 3) || '8' || substr(a, 4, 15))::uuid, id,
    'account_activated', decode(:content, 'hex'), now, NULL, 'sent', 1, now FROM held, drawn RETURNING 1
), remembered AS (
  INSERT INTO request (caller, request_id, content, answer, at)
  SELECT staff, b::uuid, decode(a || b, 'hex'), '{"activated":"............................................"}', now
  FROM drawn RETURNING 1
), logged AS (
  INSERT INTO audit_entry (id, at, actor, subject, action, canonical, hash)
  SELECT (lpad(to_hex(now / 1000), 12, '0') || '7' || substr(b, 1, 3) || '8' || substr(b, 4, 15))::uuid, now,
    'staff ' || staff, id, 'account.activated', decode(substr(:content, 1, 674), 'hex'), decode(a || b, 'hex')
  FROM held, drawn RETURNING 1
)
SELECT (SELECT count(*) FROM spent) + (SELECT count(*) FROM happened) + (SELECT count(*) FROM told)
  + (SELECT count(*) FROM remembered) + (SELECT count(*) FROM logged);
