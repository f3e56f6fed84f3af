-- When 50, 90 and 100 per cent of an incident's active letters were decided, followed up and proven to have arrived.
-- A letter that has not come that far counts as far in the future, and so does a milestone that is not reached.
-- A letter that is not sent again has nothing to arrive; the others arrive as in `rules/letter_state.py`.
WITH reached AS (
    SELECT
        coalesce(followup.decided_at, %(never)s) AS decided,
        coalesce(followup.confirmed_at, %(never)s) AS followed_up,
        CASE
            WHEN followup.remedy = 'NO_DISPATCH' THEN NULL
            WHEN followup.is_sent_again AND followup.has_arrived
            THEN greatest(followup.arrived_on::timestamp AT TIME ZONE 'Europe/Copenhagen', followup.decided_at)
            ELSE %(never)s
        END AS arrived
    FROM letters_letter letter
    LEFT JOIN followups_followup followup ON followup.letter_id = letter.id
    WHERE letter.incident_id = %(incident)s AND letter.withdrawn_at IS NULL
)
SELECT
    percentile_disc(%(shares)s) WITHIN GROUP (ORDER BY decided),
    percentile_disc(%(shares)s) WITHIN GROUP (ORDER BY followed_up),
    percentile_disc(%(shares)s) WITHIN GROUP (ORDER BY arrived)
FROM reached
