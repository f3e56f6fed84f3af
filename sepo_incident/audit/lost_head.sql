-- The first recorded check whose link is gone or has another hash now.
SELECT seen.number, seen.at
FROM public.audit_check AS seen
-- The link with the number, if there is one.
LEFT JOIN public.audit_link AS link ON link.number = seen.number
WHERE link.hash IS DISTINCT FROM seen.hash
ORDER BY seen.number
LIMIT 1
