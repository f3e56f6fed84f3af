-- Tell whether a letter is open to a person, if the letter is a personnel case and the person its sender or leader.
--
-- The list that brought the letter named the person, and the address was known by then from that list, an earlier staff
-- file or the municipality's sign-in. Whatever one person has typed, assigned or changed since waits until Personalejura
-- opens the letter for the person. A correction of the address ends the opening, also when the address comes back:
-- whoever signed in meanwhile may have left a way in.
CREATE FUNCTION letters_is_open_to(
    person bigint, letter bigint, sender bigint, leader bigint, listed_sender bigint, listed_leader bigint,
    listed_at timestamptz
) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce((person, person) IN ((sender, listed_sender), (leader, listed_leader)), false)
        AND EXISTS (SELECT FROM accounts_user WHERE id = person AND address_since <= listed_at)
        OR EXISTS (
            SELECT FROM letters_personnelopening AS opening
            WHERE opening.letter_id = letter AND opening.user_id = person AND NOT EXISTS (
                SELECT FROM accounts_emailchange AS change WHERE change.user_id = person AND change.at >= opening.at
            )
        )
$$
