-- The letters of {chosen} that a reader may see, the rows beside each of them, and the facts of `LetterRow`.
SELECT {columns},
    {decidable} AS reader_may_bulk_decide,
    {bulk_decidable} AS accepts_bulk_decision,
    {confirmable} AS reader_may_confirm,
    {awaits_reader} AS awaits_reader,
    {arrival_state} AS arrival_state,
    -- The day of arrival; without proof, the day of sending.
    CASE WHEN followup.is_sent_again THEN coalesce(followup.arrived_on, {sending_day}) END AS arrival_day,
    -- The last word about the letter since it was sent is the system's question.
    CASE WHEN followup.has_arrived IS NULL AND followup.reported_sent_on IS NOT NULL THEN (
        SELECT CASE WHEN kind IN ('DISPUTED', 'REFUSED') AND at > followup.done_at THEN kind END FROM followups_arrival
        WHERE followup_id = followup.id ORDER BY id DESC LIMIT 1
    ) END AS arrival_question,
    question.at AS sent_back_at,
    CASE WHEN letter.may_read THEN question.answers ->> 'question' END AS question,
    coalesce(escalation.is_with_desk, false) AS is_with_desk,
    owner.name AS taken_by,
    CASE WHEN escalation.answered_at IS NOT NULL THEN escalation.desk END AS answered_by,
    coalesce(escalation.is_with_asker, false) AS is_with_asker,
    escalation.id IS NOT NULL AS has_escalation,
    EXISTS (SELECT FROM followups_decisiondraft WHERE followup_id = followup.id AND by_id = {user}) AS has_draft,
    EXISTS (SELECT FROM followups_decision WHERE followup_id = followup.id AND kind = 'CORRECTED') AS is_corrected,
    -- The day to ask again about a deletion, else the new date of the decision, else the letter's own date.
    coalesce(followup.deletion_due_on, followup.new_deadline, followup.due_on) AS date_in_force,
    -- Before the decision the own date counts. A decision deals with a date that has passed already; until the letter
    -- is sent, the new date, or an own date that was ahead at the decision, may still pass.
    coalesce(followup.deletion_due_on < {today} OR CASE followup.status
        WHEN 'OPEN' THEN followup.due_on < {today}
        WHEN 'DECIDED' THEN followup.new_deadline < {today} OR NOT followup.deadline_missed
            AND followup.due_on < {today} AND followup.due_on >= followup.decided_on
        WHEN 'CONFIRMED' THEN false
        ELSE followup.due_date_passed_before_sending
    END, false) AS is_date_late,
    {deadline} AS deadline,
    letter.may_read AS reader_may_read,
    {rights}
-- Two queries of few tables, each planned for itself (OFFSET 0), are planned in a third of the time of one.
FROM (
    SELECT letter.*, unit, sender, leader, coalesce({may_read}, false) AS may_read, {leads} AS leads
    FROM letters_letter AS letter
    LEFT JOIN accounts_unit AS unit ON unit.id = letter.unit_id
    LEFT JOIN accounts_user AS sender ON sender.id = letter.sender_id
    LEFT JOIN accounts_user AS leader ON leader.id = letter.leader_id
    WHERE {chosen} AND {visible} OFFSET 0
) AS letter
JOIN letters_incident AS incident ON incident.id = letter.incident_id
LEFT JOIN followups_followup AS followup ON followup.letter_id = letter.id
LEFT JOIN followups_escalation AS escalation ON escalation.followup_id = followup.id
LEFT JOIN accounts_user AS owner ON owner.id = escalation.owner_id
-- The leader's question about a letter that is sent back.
LEFT JOIN LATERAL (
    SELECT at, answers FROM followups_decision
    WHERE followup.status = 'SENT_BACK' AND followup_id = followup.id AND kind = 'SENT_BACK'
    ORDER BY version DESC LIMIT 1
) AS question ON true
ORDER BY {urgent_first}
LIMIT {limit}
