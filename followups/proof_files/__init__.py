"""Proof files: validate, clean and store files that prove a letter's arrival; and the Danish refusals."""

from __future__ import annotations

ACCEPTED_KINDS = "et billede (PNG eller JPEG), en PDF, en tekstfil (TXT eller CSV) eller et regneark (XLSX)"
UNKNOWN_FILE_TYPE = (
    f"Filen er ikke {ACCEPTED_KINDS}. Er det en mail fra Outlook, så udskriv den til PDF, eller tag et skærmbillede."
)
DAMAGED_FILE = "Filen er ikke hel, eller der ligger noget andet i den. Gem den igen, og vælg den nye fil."
HAS_ACTIVE_CONTENT = "Der er programkode eller andre filer i den. Udskriv den til PDF, eller tag et skærmbillede."
LOCKED_PDF = "PDF'en er låst, så ingen kan se, hvad der er i den. Udskriv den til en ny PDF, og vælg den."
HOLDS_CPR = "Der står noget i filen, der ligner et CPR-nummer. Slet eller slør det, og vælg filen igen."
EMPTY_TEXT = "Der står ingen tekst i filen."
TOO_MUCH_TEXT = "Der står for meget i filen. Gem kun de linjer, der handler om brevet."
UNPACKED_PDF_TOO_LARGE = "PDF'en er for stor, når den pakkes ud. Gem kun de sider, der handler om brevet."


class ProofRefused(Exception):
    """Raised when a file is not accepted as proof. The text is a Danish sentence."""
