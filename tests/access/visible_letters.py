"""The letters of the matrix, and the persons who see each."""

WHOLE_TREE = {"mette", "pia"}
SEES = {
    "passed": {"karen", "jens", "birgitte", "sofie"} | WHOLE_TREE,
    "personnel": {"karen", "jens", "birgitte", "sofie", "hanne"} | WHOLE_TREE,
    "annes": {"anne", "torben", "birgitte", "sofie"} | WHOLE_TREE,
    "ullas": {"ulla"} | WHOLE_TREE,
}
#: the subject and the recipient of a personnel case: sender, the letter's own leader, HR
READS_PERSONNEL = {"karen", "jens", "hanne"}
PERSONNEL_SUBJECT = "sygefraværssamtale"
