"""People whom a list or a staff file names, and who are not here yet. Nobody can sign in before they claim the
account."""


def made_of(people: str) -> str:
    """SQL: makes a user of each of ``people``, a query of (email, name, unit_id); its values are those and ``now``.

    In the order of their addresses, or two files that are saved at once would wait for each other.
    """
    return f"""
        INSERT INTO accounts_user (email, name, unit_id, password, is_active, created_at)
        SELECT email, coalesce(nullif(name, ''), email), unit_id, '!' || replace(gen_random_uuid()::text, '-', ''),
               true, %(now)s
        FROM ({people}) AS people ORDER BY email
        ON CONFLICT DO NOTHING
    """  # noqa: S608 - nothing in it comes from outside
