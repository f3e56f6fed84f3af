-- The first addresses with several names in a list, and the number of all such addresses.
SELECT email, count(*) OVER ()
FROM (
    SELECT sender_email AS email, lower(sender_name) AS name
    FROM letters_importrow
    WHERE batch_id = %(batch)s AND verdict <> 'REJECTED' AND sender_email <> '' AND sender_name <> ''
    UNION
    SELECT leader_email, lower(leader_name)
    FROM letters_importrow
    WHERE batch_id = %(batch)s AND verdict <> 'REJECTED' AND leader_email <> '' AND leader_name <> ''
) AS named
GROUP BY email
HAVING count(*) > 1
ORDER BY email
LIMIT %(shown)s
