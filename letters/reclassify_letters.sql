-- Give letters the category, the personnel case and the deadline that the category rules say.
--
-- {changing}: the query of the letters to change (category_matching.letters_to_reclassify).
UPDATE letters_letter AS l
SET category = ruled_category, is_personnel_case = ruled_personnel, has_deadline = ruled_deadline
FROM ({changing}) AS judged
WHERE judged.id = l.id
