"""Fields of the decision form as a page posts them."""

RESEND_POST = {
    "version": "0",
    "remedy": "RESEND",
    "is_resent": "ja",
    "deadline_missed": "nej",
    "consequence_review": "NONE",
}
HARM_POST = {
    "consequence_review": "FOUND",
    "parties": ["RECIPIENT"],
    "severity": "GRAVE",
    "consequence_text": "Familien mistede pladsen",
    "is_handled": "nej",
}
BULK_RESEND_POST = {"remedy": "RESEND", "is_resent": "ja", "deadline_missed": "nej", "consequence_review": "NONE"}
