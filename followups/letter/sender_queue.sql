-- The letters of a sender that the reader may read, the most urgent first. A sender without an account is known by the
-- name and the unit on the list.
SELECT letter.id, followup.status, coalesce(escalation.is_with_desk, false)
FROM letters_letter AS letter
JOIN followups_followup AS followup ON followup.letter_id = letter.id
LEFT JOIN followups_escalation AS escalation ON escalation.followup_id = followup.id
WHERE letter.incident_id = {incident_id} AND letter.withdrawn_at IS NULL
    AND (letter.sender_id = {sender} OR {sender}::bigint IS NULL AND letter.sender_id IS NULL
        AND letter.sender_name = {sender_name} AND letter.unit_id IS NOT DISTINCT FROM {unit})
    AND {visible} AND {may_read}
ORDER BY {urgent_first}
