-- A condition on a letter: it is open to {person}, if it is a personnel case and the person its {sender} or {leader}.
--
-- The list that brought the letter named the person, and the address was known by then from that list, an earlier staff
-- file or the municipality's sign-in. Whatever one person has typed, assigned or changed since waits until Personalejura
-- opens the letter for the person. A correction of the address ends the opening, also when the address comes back:
-- whoever signed in meanwhile may have left a way in.
coalesce(({person}, {person}) IN (
    ({sender}, {letter}.listed_sender_id), ({leader}, {letter}.listed_leader_id)
), false)
AND EXISTS (SELECT FROM accounts_user WHERE id = {person} AND address_since <= {letter}.listed_at)
OR EXISTS (
    SELECT FROM letters_personnelopening AS opening
    WHERE opening.letter_id = {letter}.id AND opening.user_id = {person} AND NOT EXISTS (
        SELECT FROM accounts_emailchange AS change WHERE change.user_id = {person} AND change.at >= opening.at
    )
)
