-- After arrivals are reported or taken back: their follow-ups hold the arrival that counts.
UPDATE followups_followup AS followup
SET has_arrived = newest.has_arrived, arrived_on = newest.arrived_on, reported_sent_on = newest.sent_on
FROM followups_followup AS changed LEFT JOIN LATERAL ({newest_arrival}) AS newest ON true
WHERE changed.id IN (SELECT followup_id FROM new_rows) AND followup.id = changed.id;
RETURN NULL;
