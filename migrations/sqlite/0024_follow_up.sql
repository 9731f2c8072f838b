-- Following up on accounts: what is known of the holder's way, where an account stands in the lists of those who help, and
-- when its holder is to be reminded.
ALTER TABLE account ADD COLUMN notice_opened_at INTEGER;  -- the holder first came to the app by the notice
ALTER TABLE account ADD COLUMN office TEXT;  -- that took the request in, and when it did
ALTER TABLE account ADD COLUMN received_at INTEGER;
ALTER TABLE account ADD COLUMN window_from INTEGER NOT NULL DEFAULT 0;  -- when the days for activation began; 0: they have not
ALTER TABLE account ADD COLUMN has_device INTEGER NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN look_at INTEGER DEFAULT 0;  -- when to look whether to remind; absent: when something happens
ALTER TABLE account ADD COLUMN reminded_day INTEGER;  -- the day of the window that the last reminder was for
ALTER TABLE account ADD COLUMN reminded_window INTEGER;  -- the reopening that began that window; 0: none did

UPDATE account SET
    office = (SELECT enrolment.office FROM enrolment WHERE enrolment.id = account.enrolment_id),
    received_at = (SELECT enrolment.received_at FROM enrolment WHERE enrolment.id = account.enrolment_id),
    window_from = CASE
        WHEN COALESCE(reopened_at, 0) > COALESCE(notice_delivered_at, notice_sent_at, 0) THEN reopened_at
        ELSE COALESCE(notice_delivered_at, notice_sent_at, 0) END,
    has_device = EXISTS (SELECT 1 FROM device WHERE device.account_id = account.id AND device.ended_at IS NULL),
    look_at = CASE WHEN activated_at IS NULL THEN 0 END;

-- The shelves of the lists. Spans of receipt are looked at in the index, so that an account is not opened for being passed over.
CREATE INDEX account_awaiting ON account (window_from, id) WHERE activated_at IS NULL;
CREATE INDEX account_awaiting_office ON account (office, window_from, id, received_at) WHERE activated_at IS NULL;
CREATE INDEX account_deviceless ON account (activated_at, id) WHERE activated_at IS NOT NULL AND NOT has_device;
CREATE INDEX account_deviceless_office ON account (office, activated_at, id, received_at)
    WHERE activated_at IS NOT NULL AND NOT has_device;
CREATE INDEX account_issued ON account (issued_at, id);
CREATE INDEX account_issued_office ON account (office, issued_at, id, received_at);
CREATE INDEX account_look ON account (look_at, id) WHERE look_at IS NOT NULL;
CREATE INDEX outbox_notice ON outbox (account_id, id) WHERE kind = 'account_notice';
