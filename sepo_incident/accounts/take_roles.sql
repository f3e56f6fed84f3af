-- Remove the mark of a source from roles, and delete the roles that no other source gives.
--
-- {source}: column of accounts_membership. {roles}: a query of ids, under the name «id».
MERGE INTO accounts_membership AS m
USING ({roles}) AS taken
ON m.id = taken.id AND m.{source}
WHEN MATCHED AND 1 = m.made_by_import::int + m.made_by_staff_file::int + m.made_by_provider::int + m.made_by_hand::int
    THEN DELETE
WHEN MATCHED THEN UPDATE SET {source} = false
