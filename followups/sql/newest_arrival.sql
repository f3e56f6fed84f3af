-- The arrival that counts for the follow-up {followup} with the remedy {remedy}: the newest one that is not taken back and
-- concerns the remedy. The same rule as `ArrivalQuerySet.active`.
SELECT arrival.has_arrived, arrival.arrived_on, arrival.sent_on
FROM followups_arrival AS arrival
LEFT JOIN followups_arrival AS taking_back ON taking_back.takes_back_id = arrival.id
WHERE arrival.followup_id = {followup} AND arrival.remedy = {remedy}
    AND arrival.kind <> 'TAKEN_BACK' AND taking_back.id IS NULL
ORDER BY arrival.id DESC
LIMIT 1
