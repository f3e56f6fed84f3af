-- The rows of an incident's story, for each table an array in the order of the page, NULL without any. Last {id: name}
-- of the people who wrote or changed a row, and of the units with a plan.
--
-- incident: id.
WITH reports AS (
    SELECT * FROM letters_breachreport WHERE incident_id = %(incident)s
), corrections AS (
    -- Corrections of the timeline, and switches of the public figures.
    SELECT * FROM audit_rowchange
    WHERE table_name = 'letters_timelineentry' AND before <> '{}'
            AND row_id IN (SELECT id FROM letters_timelineentry WHERE incident_id = %(incident)s)
        OR table_name = 'letters_incident' AND row_id = %(incident)s AND before ? 'shows_public_figures'
)
SELECT
    (SELECT json_agg(one) FROM letters_timelineentry AS one WHERE incident_id = %(incident)s),
    (SELECT json_agg(one) FROM letters_cause AS one WHERE incident_id = %(incident)s),
    (SELECT json_agg(one ORDER BY due_on, id) FROM letters_measure AS one WHERE incident_id = %(incident)s),
    (SELECT json_agg(one ORDER BY day DESC, id DESC) FROM letters_supplierexchange AS one
        WHERE incident_id = %(incident)s),
    (SELECT json_agg(one ORDER BY raised_at DESC) FROM letters_emergency AS one WHERE incident_id = %(incident)s),
    (SELECT json_agg(one ORDER BY id) FROM letters_incidentcontact AS one WHERE incident_id = %(incident)s),
    (SELECT json_agg(one) FROM letters_administrationplan AS one WHERE incident_id = %(incident)s),
    (SELECT json_agg(one ORDER BY aware_at DESC, id DESC) FROM reports AS one),
    (SELECT json_agg(one ORDER BY at DESC, id DESC) FROM letters_breachassessment AS one
        WHERE report_id IN (SELECT id FROM reports)),
    (SELECT json_agg(one ORDER BY sent_at DESC, id DESC) FROM letters_breachnotification AS one
        WHERE report_id IN (SELECT id FROM reports)),
    (SELECT json_agg(one ORDER BY at DESC, id DESC) FROM letters_breachopinion AS one
        WHERE report_id IN (SELECT id FROM reports)),
    (SELECT json_agg(one ORDER BY at DESC, id DESC) FROM letters_informationdecision AS one
        WHERE report_id IN (SELECT id FROM reports)),
    (SELECT json_agg(one ORDER BY at DESC) FROM letters_deadlinechange AS one WHERE incident_id = %(incident)s),
    (SELECT json_agg(one ORDER BY at DESC) FROM letters_deadlineextension AS one WHERE incident_id = %(incident)s),
    (SELECT json_agg(one) FROM letters_statuschange AS one WHERE incident_id = %(incident)s),
    (SELECT json_agg(one ORDER BY id DESC)
        FROM (SELECT id, filename, status, committed_at, alarm_id FROM letters_importbatch WHERE incident_id = %(incident)s)
            AS one),
    (SELECT json_agg(one ORDER BY id DESC) FROM corrections AS one),
    (SELECT json_object_agg(id, name) FROM accounts_user WHERE id IN (
        SELECT changed_by_id FROM letters_cause WHERE incident_id = %(incident)s
        UNION SELECT done_by_id FROM letters_measure WHERE incident_id = %(incident)s
        UNION SELECT by_id FROM letters_deadlinechange WHERE incident_id = %(incident)s
        UNION SELECT by_id FROM letters_deadlineextension WHERE incident_id = %(incident)s
        UNION SELECT by_id FROM reports
        UNION SELECT by_id FROM letters_breachassessment WHERE report_id IN (SELECT id FROM reports)
        UNION SELECT by_id FROM letters_breachnotification WHERE report_id IN (SELECT id FROM reports)
        UNION SELECT by_id FROM letters_breachopinion WHERE report_id IN (SELECT id FROM reports)
        UNION SELECT by_id FROM letters_informationdecision WHERE report_id IN (SELECT id FROM reports)
        UNION SELECT by_id FROM corrections
    )),
    (SELECT json_object_agg(id, name) FROM accounts_unit WHERE id IN (
        SELECT unit_id FROM letters_administrationplan WHERE incident_id = %(incident)s
        UNION SELECT unit_id FROM letters_deadlineextension WHERE incident_id = %(incident)s
    ))
