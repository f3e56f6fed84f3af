-- The deadline of a letter, or of the letters of a unit ({letter_id} is NULL) that have no extension of their own.
--
-- The usual deadline is the administration's own earlier one, else {deadline} of the incident. The newest extension
-- counts while it is later than that: the letter's, else the one of the nearest unit of {lineage}.
(
    SELECT coalesce(
        (
            SELECT extension.deadline FROM letters_deadlineextension AS extension
            WHERE extension.incident_id = {incident_id} AND extension.deadline > usual.deadline
                AND (extension.letter_id = {letter_id} OR extension.unit_id = ANY({lineage}))
                AND NOT EXISTS (
                    SELECT FROM letters_deadlineextension AS newer
                    WHERE newer.incident_id = extension.incident_id AND newer.id > extension.id
                        AND (newer.letter_id = extension.letter_id OR newer.unit_id = extension.unit_id)
                )
            ORDER BY extension.letter_id NULLS LAST, array_position({lineage}, extension.unit_id) DESC
            LIMIT 1
        ),
        usual.deadline
    )
    FROM (
        SELECT coalesce(
            (
                SELECT plan.deadline FROM letters_administrationplan AS plan
                WHERE plan.incident_id = {incident_id} AND plan.unit_id = ANY({lineage}) AND plan.deadline IS NOT NULL
                LIMIT 1
            ),
            {deadline}
        ) AS deadline
    ) AS usual
)
