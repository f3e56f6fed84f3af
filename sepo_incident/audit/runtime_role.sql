-- The privileges of the role of the site and the workers: everything in ordinary tables, and in append-only tables only
-- to read and add; what the chain says is added by functions of the owner. MAINTAIN is for ANALYZE. REVOKE ALL also takes
-- privileges on single columns.
GRANT USAGE ON SCHEMA {schema} TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE, MAINTAIN ON ALL TABLES IN SCHEMA {schema} TO {role};
GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {role};
REVOKE ALL ON {append_only} FROM {role};
GRANT SELECT, INSERT ON {append_only} TO {role};
REVOKE INSERT ON {schema}.audit_statement, {schema}.audit_check FROM {role};
