-- The hashes of the mails that some rows are about (remark_repeated_mails.sql). A row without a time is about no mail.
SELECT hashtextextended(
    r.recipient_key || r.sender_email || r.subject, trunc(extract(epoch FROM r.sent_at) / 60)::bigint
)
FROM letters_importrow AS r
WHERE r.id = ANY(%(rows)s) AND r.sent_at IS NOT NULL
