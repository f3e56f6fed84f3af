-- The channels of which enough people have said since a time that letters have not come: (channel, reports, first).
-- A null is the unknown channel.
SELECT report.channel_id, count(*), min(report.at)
FROM letters_missingreport AS report
WHERE report.at > %(since)s AND report.at <= %(at)s AND NOT EXISTS (
    SELECT FROM letters_silencealarm AS alarm
    WHERE alarm.channel_id IS NOT DISTINCT FROM report.channel_id AND alarm.closed_at >= report.at
)
GROUP BY report.channel_id
HAVING count(*) >= %(fewest_reports)s AND count(DISTINCT report.by_id) >= %(fewest_people)s
