-- The rows of a list that are about mails with some hashes (remark_repeated_mails.sql).
SELECT r.id
FROM letters_importrow AS r
WHERE r.batch_id = %(batch)s AND hashtextextended(
    r.recipient_key || r.sender_email || r.subject, trunc(extract(epoch FROM r.sent_at) / 60)::bigint
) = ANY(%(mails)s)
