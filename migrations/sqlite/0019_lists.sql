-- Working lists: an office's requests, newest first. What filters and counts look at stands in the indexes, so that a
-- request is not opened for being passed over. enrolment_office served lists before and stays for the release before.
CREATE INDEX enrolment_list ON enrolment (office, received_at, id, stage, act_by);
CREATE INDEX enrolment_list_stage ON enrolment (office, stage, received_at, id, act_by);
CREATE INDEX enrolment_list_open ON enrolment (office, received_at, id, stage, act_by) WHERE decided_at IS NULL;
