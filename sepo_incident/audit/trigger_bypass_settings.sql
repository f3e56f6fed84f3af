-- The settings with which a session runs no triggers: (role, database or 'alle', setting). A role or a database can
-- give all sessions a setting.
SELECT DISTINCT coalesce(rolname, datname, 'alle'), split_part(one, '=', 1)
FROM pg_db_role_setting
-- A setting of all roles, or of all databases, has no role or no database.
LEFT JOIN pg_roles AS role ON role.oid = setrole
LEFT JOIN pg_database AS database ON database.oid = setdatabase, unnest(setconfig) AS one
WHERE one ~ '^(pgtrigger\.ignore|session_replication_role)='
ORDER BY 1, 2
