"""Refusals below `API_ROOT`: always JSON with a sentence, `{"fejl": "…"}`."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.deprecation import MiddlewareMixin

API_ROOT = "/api/v1/"
#: Bytes of a request.
MAX_BODY = 5_000_000
SENTENCES = {
    400: "Indholdet er ikke gyldig JSON i UTF-8.",
    401: "Tokenet mangler, er forkert, er udløbet eller er afsluttet.",
    403: "Det har du eller tokenet ikke lov til.",
    404: "Adressen findes ikke.",
    405: "Adressen bruges ikke med den metode.",
    413: "Indholdet er for stort. Grænsen er 5 MB, og 1 MB for en besked fra Beskedfordeler.",
    415: "Indholdets type er forkert. Send JSON, og fra Beskedfordeler XML.",
    429: "Der kommer for mange forespørgsler. Vent, som Retry-After siger.",
    500: "Der skete en fejl hos os, så intet er gemt. Prøv igen.",
}


def error(status: int, sentence: str = "") -> JsonResponse:
    return JsonResponse({"fejl": sentence or SENTENCES.get(status, SENTENCES[500])}, status=status)


class JsonErrorsMiddleware(MiddlewareMixin):
    """Replace the page of every refusal below `API_ROOT`, also those of Django and of other middleware, by a sentence.

    The response is kept: it has headers, and a large body is dropped when it is closed (`LargeBodyRefusal`).
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        is_refusal = response.status_code >= 400 and request.path_info.startswith(API_ROOT)
        if is_refusal and not isinstance(response, JsonResponse):
            response.content = error(response.status_code).content
            response.headers["Content-Type"] = "application/json"
            response.headers["Content-Length"] = str(len(response.content))
        return response
