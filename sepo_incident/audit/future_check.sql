-- The first recorded check from a time that has not been yet. A server's clock may be set back a little.
SELECT seen.at
FROM public.audit_check AS seen
WHERE seen.at > clock_timestamp() + interval '5 minutes'
ORDER BY seen.at
LIMIT 1
