-- The letters that are marked as sent again and not proven to have arrived, each with a dispatch of its sender to its
-- recipient since the decision, or the day of sending if that is earlier: (letter, subject, dispatch, family of its
-- subject, subjects of the sender's other letters to the recipient). A dispatch that an arrival is about already is left
-- out. A letter that is sent both as it was and anew is two letters, and no dispatch says which.
SELECT letter.id, letter.subject, dispatch.id, dispatch.family, others.subjects
FROM followups_followup AS followup
JOIN letters_letter AS letter ON letter.id = followup.letter_id
JOIN letters_incident AS incident ON incident.id = letter.incident_id
JOIN accounts_user AS sender ON sender.id = letter.sender_id
JOIN letters_letterdispatch AS dispatch
    ON dispatch.recipient_key = letter.recipient_key AND dispatch.recipient_key > ''
    AND lower(dispatch.sender) = lower(sender.email)
    AND dispatch.sent_at > letter.sent_at + interval '1 minute'
    AND dispatch.sent_at >= least(followup.decided_on, followup.done_on, followup.reported_sent_on)::timestamp
        AT TIME ZONE 'Europe/Copenhagen'
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(other.subject), '{}') AS subjects
    FROM letters_letter AS other LEFT JOIN followups_followup AS its ON its.letter_id = other.id
    WHERE other.sender_id = letter.sender_id AND other.recipient_key = letter.recipient_key AND other.id <> letter.id
        AND other.withdrawn_at IS NULL AND its.remedy IS DISTINCT FROM 'NO_DISPATCH'
) AS others
WHERE followup.is_sent_again AND followup.has_arrived IS NOT TRUE AND followup.remedy IN ('RESEND', 'NEW_LETTER')
    AND letter.withdrawn_at IS NULL AND incident.status <> 'CLOSED'
    AND NOT EXISTS (SELECT FROM followups_arrival WHERE dispatch_id = dispatch.id)
