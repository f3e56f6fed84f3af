-- Whether a person typed the address of the sender and of the leader of the row r, on the check page or in a workbook of
-- rejected rows: (sender, leader). The last correction of a cell counts.
SELECT
    %(is_returned)s OR r.corrections <> '[]' AND jsonb_path_query_array(
        r.corrections, '$[*] ? (@.field == "sender_email")'
    ) -> -1 -> 'is_back' IS NOT DISTINCT FROM 'false' AS sender,
    %(is_returned)s OR r.corrections <> '[]' AND jsonb_path_query_array(
        r.corrections, '$[*] ? (@.field == "leader_email")'
    ) -> -1 -> 'is_back' IS NOT DISTINCT FROM 'false' AS leader
