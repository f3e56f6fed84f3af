"""What *Hvad betyder kolonnerne?* asks, answered on the command line: ``--columns "Emnefelt=Emne" --sheet NAVN``
or ``--all-sheets``."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.management.base import CommandError

from letters.columns_form import ALL, ColumnsForm, sheet_label
from letters.importing import batches
from letters.importing.columns import LABELS, plain
from letters.models import ImportBatch
from sepo_incident import danish

_FIELD_OF = {plain(label): name for name, label in LABELS.items()} | {"": ""}


@dataclass(frozen=True)
class Answer:
    """``columns``: «HEADER=LABEL», or «HEADER=» for a column that is not taken."""

    columns: Sequence[str] = ()
    sheet: str = ""
    all_sheets: bool = False

    def __bool__(self) -> bool:
        return bool(self.columns or self.sheet or self.all_sheets)

    def give(self, batch: ImportBatch) -> None:
        """The waiting batch is to be read so. Raises ``CommandError`` with what is still in doubt, or wrong."""
        form = ColumnsForm(batch.found)
        if not self:
            raise CommandError(_in_doubt(form))
        answered = ColumnsForm(batch.found, self._posted(form))
        if not answered.is_valid():
            raise CommandError("\n".join(str(error) for errors in answered.errors.values() for error in errors))
        batches.answer(batch, answered.sheets, answered.mapping, by=None, is_to_remember=False)

    def _posted(self, form: ColumnsForm) -> dict[str, str]:
        posted = {f"kolonne_{number}": column.field for number, column in enumerate(form.columns)}
        for said in self.columns:
            header, sign, label = said.rpartition("=")
            if not sign:
                raise CommandError(f"»{said}« kan ikke forstås. Skriv det som OVERSKRIFT=BETYDNING.")
            if plain(label) not in _FIELD_OF:
                raise CommandError(f"»{label}« er ingen betydning. Disse findes: {', '.join(LABELS.values())}.")
            for number in self._named(form, header):
                posted[f"kolonne_{number}"] = _FIELD_OF[plain(label)]
        return posted | ({"ark": self._sheet(form)} if "ark" in form.fields else {})

    def _named(self, form: ColumnsForm, header: str) -> list[int]:
        named = [number for number, column in enumerate(form.columns) if plain(column.header) == plain(header)]
        if not named:
            names = ", ".join(f"»{column.header}«" for column in form.columns)
            raise CommandError(f"Ingen kolonne hedder »{header}«. Disse findes: {names}.")
        return named

    def _sheet(self, form: ColumnsForm) -> str:
        if self.all_sheets and len(form.shown) > 1:
            return ALL
        if self.all_sheets or not self.sheet:
            raise CommandError(_sheets(form))
        for one in form.found:
            if one["name"].casefold() == self.sheet.casefold():
                return str(one["sheet"])
        raise CommandError(f"Intet ark hedder »{self.sheet}«. {_sheets(form)}")


def _in_doubt(form: ColumnsForm) -> str:
    lines = ["Vi er i tvivl om listen, og intet er læst ind."]
    lines += [f"  {words}" for _, words in form.questions]
    if doubtful := [column for column in form.columns if column.why]:
        said = " ".join(f'"{column.header}={LABELS.get(column.field, "")}"' for column in doubtful)
        lines.append(f"Er det rigtigt gættet, så kør igen med --columns {said}")
    if "ark" in form.fields:
        lines.append(_sheets(form))
    lines.append("Eller svar på siden Indlæs liste, hvor listen venter.")
    return "\n".join(lines)


def _sheets(form: ColumnsForm) -> str:
    names = danish.listed([sheet_label(one) for one in form.found])
    or_all = ", eller tag dem alle med --all-sheets" if len(form.shown) > 1 else ""
    return f"Vælg et ark med --sheet NAVN: {names}{or_all}."
