"""Proof files: validate, clean and store files that prove a letter's arrival; and the Danish refusals."""

from __future__ import annotations

ACCEPTED_KINDS = "et billede (PNG eller JPEG), en PDF, en tekstfil (TXT eller CSV) eller et regneark (XLSX)"
UNKNOWN_FILE_TYPE = f"Filen kan ikke bruges. Vælg {ACCEPTED_KINDS}. Udskriv en mail fra Outlook til PDF."
DAMAGED_FILE = "Filen er beskadiget eller indeholder andet. Gem den igen, og vælg den nye fil."
HAS_ACTIVE_CONTENT = "Filen indeholder programkode eller andre filer. Udskriv den til PDF, eller tag et skærmbillede."
LOCKED_PDF = "PDF'en er låst. Udskriv den til en ny PDF, og vælg den."
HOLDS_CPR = "Filen indeholder noget, der ligner et CPR-nummer. Slet eller slør det, og vælg filen igen."
EMPTY_TEXT = "Filen er tom. Vælg en anden."
TOO_MUCH_TEXT = "Filen indeholder for meget tekst. Gem kun de linjer, der handler om brevet."
UNPACKED_PDF_TOO_LARGE = "PDF'en er for stor. Gem kun de sider, der handler om brevet."


class ProofRefused(Exception):
    """Raised when a file is not accepted as proof. The text is a Danish sentence."""


class LeadsOut(ProofRefused):
    """Raised when an Office file fetches something from elsewhere."""
