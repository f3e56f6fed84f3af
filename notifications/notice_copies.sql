-- All copies of the notices of some deliveries, with what is needed to build the mails (NoticeCopy).
--
-- Written as SQL, because Django takes longer to build the query than the mails take to send.
SELECT
    delivery.notice_id, delivery.id, delivery.return_token, delivery.lease, delivery.role, delivery.address,
    COALESCE(person.name, ''), delivery.recipient_id
FROM notifications_delivery delivery
-- A mail to an address without a user has no name.
LEFT JOIN accounts_user person ON person.id = delivery.recipient_id
WHERE delivery.notice_id IN (SELECT ours.notice_id FROM notifications_delivery ours WHERE ours.id = ANY(%(deliveries)s))
  AND delivery.resolution_state <> 'REPLACED'
ORDER BY delivery.id
