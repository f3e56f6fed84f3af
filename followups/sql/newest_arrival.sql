-- The arrival that counts for each letter: the newest one that is not taken back and concerns the current remedy.
-- The same rule as `ArrivalQuerySet.active`.
CREATE VIEW followups_newestarrival AS
SELECT followup.letter_id, arrival.id AS arrival_id, arrival.has_arrived, arrival.arrived_on, arrival.sent_on
FROM followups_followup followup
CROSS JOIN LATERAL (
    SELECT active.*
    FROM followups_arrival active
    LEFT JOIN followups_arrival taking_back ON taking_back.takes_back_id = active.id
    WHERE active.followup_id = followup.id
        AND active.remedy = followup.remedy
        AND active.kind <> 'TAKEN_BACK'
        AND taking_back.id IS NULL
    ORDER BY active.id DESC
    LIMIT 1
) arrival
-- Only these remedies have arrivals. The condition spares a search for each of the other letters.
WHERE followup.remedy IN ('RESEND', 'NEW_LETTER', 'RESEND_AND_NEW')
