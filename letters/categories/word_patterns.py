"""Words as people write words, as a regular expression that Python and PostgreSQL match alike.

`tand*, tænder, *møde, privat pasning`: commas or line breaks separate words, a word is matched whole, `*` stands for
anything, and neither case nor «ae» for «æ» matters. In PostgreSQL the locale of the database decides the letters and
the lower case of a letter. Therefore this module lists the letters, and both sides fold text with the same table.
"""

import re
import unicodedata

from django.db.models import F, Func, Value

MAX_LENGTH, MAX_WORDS = 1000, 100
#: Capital → lower case, in the Latin alphabets of Western and Central Europe.
_CAPITALS = [chr(code) for code in (*range(0x41, 0x5B), *range(0xC0, 0x180)) if len(chr(code).lower()) == 1]
_LOWERCASE = {capital: capital.lower() for capital in _CAPITALS if capital.lower() != capital}
_FOLD_TABLE = str.maketrans(_LOWERCASE)
#: The characters of a folded word: a-z with all accents (but not × and ÷), digits, and the underscore.
_WORD_CHARACTER = "[0-9_a-zß-öø-ſ]"
_WORD_START, _WORD_END = f"(?<!{_WORD_CHARACTER})", f"(?!{_WORD_CHARACTER})"


_SPELLINGS = {spelling: ways for ways in (("æ", "ae"), ("ø", "oe"), ("å", "aa")) for spelling in ways}
_SPELLING = re.compile("|".join(_SPELLINGS))


class InvalidWordsError(ValueError):
    """Raised for words that cannot be used. The message is for the user."""


def fold_case(text: str) -> str:
    """Return the text in the lower case that the patterns expect."""
    return text.translate(_FOLD_TABLE)


def fold_case_sql(field: str) -> Func:
    """Return the SQL for `fold_case` of a field."""
    capitals, small = ("".join(letters) for letters in (_LOWERCASE, _LOWERCASE.values()))
    return Func(F(field), Value(capitals), Value(small), function="translate")


def split_words(written: str) -> list[str]:
    """Split «Tand*,  TÆNDER» into ["tand*", "tænder"]. Raise InvalidWordsError."""
    parts = re.split(r"[,;\n]", unicodedata.normalize("NFC", written))
    found = list(dict.fromkeys(word for part in parts if (word := fold_case(" ".join(part.split())))))
    if len(found) > MAX_WORDS:
        raise InvalidWordsError(f"Skriv højst {MAX_WORDS} ord i en regel. Del dem i to regler med det samme navn.")
    for word in found:
        if not word.strip("* "):
            raise InvalidWordsError("En stjerne alene fanger alle breve. Skriv bogstaver ved siden af den.")
        if "*" in re.sub(r"\*+", "*", word.strip("* ")).replace("*", "", 1):
            raise InvalidWordsError(f"Brug højst én stjerne midt i »{word}«. Først og sidst må der også stå en.")
    return found


def build_pattern(written: str) -> str:
    """Return the pattern for folded text, or "" for no words. Raise InvalidWordsError."""
    return "|".join(map(_word_pattern, split_words(written)))


def _allow_both_spellings(word: str) -> str:
    """Match both spellings of æ, ø and å."""
    return _SPELLING.sub(lambda found: f"(?:{'|'.join(_SPELLINGS[found[0]])})", word)


def _word_pattern(word: str) -> str:
    fixed = ".*".join(_allow_both_spellings(re.escape(part)) for part in re.split(r"\*+", word.strip("* ")))
    return ("" if word.startswith("*") else _WORD_START) + fixed + ("" if word.endswith("*") else _WORD_END)
