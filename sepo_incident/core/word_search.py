"""Search by the beginnings of words: «møl kar» finds «Karen Bülow Møller». PostgreSQL's full-text index does the work.

A column and a search text are divided into words in the same way, so that «karen.moeller@» and «karen moeller» find the
same address.
"""

import re
from functools import reduce
from operator import add, and_

from django.contrib.postgres.search import Lexeme, SearchQuery, SearchVector
from django.db.models import F, Func, Q, TextField
from django.db.models.expressions import Expression

from sepo_incident.core.forms import search_words

#: A search text with fewer characters is no search: almost everything begins with a single letter.
MIN_CHARACTERS = 2
_WORD = re.compile(r"[^\W_]+")
#: SQL of a text with spaces for the signs that hold an address, a name or a code together.
_DIVIDED_SQL = "translate(%(expressions)s, '.@-_+''/&', '        ')"


def column_words(*columns: str) -> Expression:
    """Return the words of the columns, for an index and for `begins_with_words`."""
    divided = [Func(F(column), template=_DIVIDED_SQL, output_field=TextField()) for column in columns]
    vectors: list[Expression] = [SearchVector(text, config="simple") for text in divided]
    return reduce(add, vectors)


def divide_words(text: str) -> list[str]:
    """Return the words of a search text in lower case, or [] for a text that is too short to search for.

    At most `MAX_SEARCH_WORDS` words, as in every search.
    """
    words = search_words(" ".join(_WORD.findall(" ".join(search_words(text)).lower())))
    return words if sum(map(len, words)) >= MIN_CHARACTERS else []


def begins_with_words(alias: str, words: list[str]) -> Q:
    """Match the rows where the words of `column_words`, under the `alias`, begin with each of the words."""
    queries = [SearchQuery(Lexeme(word, prefix=True), config="simple") for word in words]
    return reduce(and_, (Q(**{alias: query}) for query in queries))
