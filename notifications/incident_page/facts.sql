-- The numbers of the checklists: of all active letters of an incident, and of those that the reader has on the board of
-- the whole municipality.
--
-- incident: id. FOLLOWED_UP, ARRIVED, UNPROVEN, without_owner, lacks_notice, on_board, may_read: conditions. listed: pairs of a
-- figure and its number.
SELECT json_build_object({listed}), json_build_object(
    'ALL', count(*),
    'FOLLOWED_UP', count(*) FILTER (WHERE {FOLLOWED_UP}),
    'ARRIVED', count(*) FILTER (WHERE {ARRIVED}),
    'UNPROVEN', count(*) FILTER (WHERE {UNPROVEN}),
    -- Grave consequences that nobody has handled, in letters that the reader may read.
    'grave', (
        SELECT count(*)
        FROM followups_consequence AS consequence
        JOIN followups_followup AS followup ON followup.id = consequence.followup_id
        JOIN letters_letter AS letter ON letter.id = followup.letter_id
        WHERE letter.incident_id = {incident} AND consequence.severity = 'GRAVE' AND followup.handled_at IS NULL
            AND {on_board} AND {may_read}
    ),
    'unopened', count(*) FILTER (WHERE followup.id IS NULL),
    'without_owner', count(*) FILTER (WHERE {without_owner}),
    'senders', count(DISTINCT letter.sender_id),
    'owed', (
        SELECT count(DISTINCT letter.sender_id)
        FROM letters_letter AS letter
        JOIN followups_followup AS followup ON followup.letter_id = letter.id
        WHERE letter.incident_id = {incident} AND letter.withdrawn_at IS NULL AND {lacks_notice}
    ),
    -- Senders whose first notice was accepted by a mail server or told by phone.
    'reached', (
        SELECT count(DISTINCT notice.receiver_id)
        FROM notifications_dispatch AS dispatch
        JOIN notifications_notice AS notice ON notice.dispatch_id = dispatch.id AND notice.kind = 'FIRST_NOTICE'
        JOIN notifications_delivery AS delivery ON delivery.notice_id = notice.id AND delivery.role = 'TO'
        WHERE dispatch.incident_id = {incident}
            AND (delivery.state = 'ACCEPTED' OR delivery.resolution_state = 'TOLD')
    ),
    'withdrawn', (
        SELECT count(*) FROM letters_letter WHERE incident_id = {incident} AND withdrawn_at IS NOT NULL
    ),
    'paused', (
        SELECT count(*) FROM notifications_sendingsettings WHERE incident_id = {incident} AND paused_at IS NOT NULL
    ),
    'reminds', (
        SELECT count(*) FROM notifications_reminderschedule
        WHERE incident_id = {incident} AND switched_on_at IS NOT NULL
    )
)
FROM (
    SELECT letter.*, {on_board} AS is_listed
    FROM letters_letter AS letter
    WHERE letter.incident_id = {incident} AND letter.withdrawn_at IS NULL
    OFFSET 0
) AS letter
LEFT JOIN followups_followup AS followup ON followup.letter_id = letter.id
