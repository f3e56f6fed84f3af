-- Reject every row but the first with the same Brev-id. The problem says where the first row is, and whether the rows
-- are alike.
--
-- only: ids of the rows to look at, or NULL for all. problem: the column and the severity of the problem.
WITH twice AS MATERIALIZED (
    -- The first row of every group. There are few or none, so MATERIALIZED finds the first rows before any row is
    -- compared; the planner expects many, and would join a million rows with themselves first.
    SELECT min(id) AS first_id
    FROM letters_importrow AS one
    WHERE batch_id = %(batch)s AND verdict <> 'REJECTED'
      AND (%(only)s::bigint[] IS NULL OR id = ANY(%(only)s::bigint[]))
    GROUP BY source_ref
    HAVING count(*) > 1
), first AS MATERIALIZED (
    SELECT
        one.*,
        -- «række 14», or «Ark2, række 14» where several sheets were read, worded as in ImportBatch.where
        coalesce((%(sheets)s::text[])[one.sheet + 1] || ', ', '') || 'række '
            || replace(to_char(one.row, 'FM9,999,999'), ',', '.') AS place
    FROM twice
    JOIN letters_importrow AS one ON one.id = twice.first_id
)
UPDATE letters_importrow AS r
SET verdict = 'REJECTED',
    problems = r.problems || jsonb_build_array(
        %(problem)s::jsonb || jsonb_build_object('value', r.source_ref) || CASE
            WHEN (
                r.sent_at, r.sender_name, r.sender_email, r.leader_name, r.leader_email, r.administration, r.area,
                r.unit_name, r.subunit, r.unit_code, r.recipient_kind, r.recipient_key, r.subject
            ) IS NOT DISTINCT FROM (
                first.sent_at, first.sender_name, first.sender_email, first.leader_name, first.leader_email,
                first.administration, first.area, first.unit_name, first.subunit, first.unit_code,
                first.recipient_kind, first.recipient_key, first.subject
            )
            THEN jsonb_build_object(
                'kind', %(same_row)s::text,
                'message', 'Rækken er magen til ' || first.place || '. Brevet indlæses kun én gang.'
            )
            ELSE jsonb_build_object(
                'kind', %(same_id)s::text,
                'message',
                'Brevet er også i ' || first.place || ' med andre oplysninger. Ret eller fjern den ene.'
            )
        END
    )
FROM first
WHERE r.batch_id = %(batch)s AND r.verdict <> 'REJECTED' AND r.source_ref = first.source_ref AND r.id <> first.id
