-- The condition of is_open_to.sql as a function, which PostgreSQL plans once and not in each query of a page.
CREATE FUNCTION letters_is_open_to(
    person bigint, sender bigint, leader bigint, letter bigint, listed_sender bigint, listed_leader bigint,
    listed_at timestamptz
) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT {condition}
    FROM (SELECT letter, listed_sender, listed_leader, listed_at)
        AS row (id, listed_sender_id, listed_leader_id, listed_at)
$$
