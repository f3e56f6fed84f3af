-- The only dispatch with the identifier of the receipt; -1 where there are several.
(
    SELECT CASE count(*) WHEN 1 THEN min(id) WHEN 0 THEN NULL ELSE -1 END
    FROM letters_letterdispatch AS dispatch
    WHERE dispatch.{identifier} = receipt.{identifier} AND dispatch.{identifier} > ''
)
