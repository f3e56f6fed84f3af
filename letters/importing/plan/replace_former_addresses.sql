-- Replace the former addresses of senders and leaders in the rows of lists that may still bring people in.
--
-- {former_emails}: accounts/former_emails.sql
-- waiting: the statuses of such lists. batch: id of a single list, or NULL for all.
UPDATE letters_importrow AS r
SET sender_email = former.now
FROM ({former_emails}) AS former, letters_importbatch AS batch
WHERE batch.id = r.batch_id AND batch.status = ANY(%(waiting)s) AND (%(batch)s IS NULL OR batch.id = %(batch)s)
  AND r.sender_email = former.old;

UPDATE letters_importrow AS r
SET leader_email = former.now
FROM ({former_emails}) AS former, letters_importbatch AS batch
WHERE batch.id = r.batch_id AND batch.status = ANY(%(waiting)s) AND (%(batch)s IS NULL OR batch.id = %(batch)s)
  AND r.leader_email = former.old
