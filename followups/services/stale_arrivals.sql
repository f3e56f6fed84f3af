-- Count the follow-ups that hold another arrival than the one that counts.
SELECT count(*)
FROM followups_followup AS followup LEFT JOIN LATERAL ({newest_arrival}) AS newest ON true
WHERE (followup.has_arrived, followup.arrived_on, followup.reported_sent_on)
    IS DISTINCT FROM (newest.has_arrived, newest.arrived_on, newest.sent_on)
