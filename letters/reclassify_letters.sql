-- Give letters the category, the personnel case and the deadline that the category rules say.
--
-- %(letters)s: ids of the letters to change (category_matching.find_changes); the other arrays have the same order.
UPDATE letters_letter AS l
SET category = ruled.category, is_personnel_case = ruled.is_personnel_case, has_deadline = ruled.has_deadline
FROM unnest(
    %(letters)s::bigint[], %(categories)s::text[], %(personnel_cases)s::boolean[], %(deadlines)s::boolean[]
) AS ruled(letter, category, is_personnel_case, has_deadline)
WHERE ruled.letter = l.id
