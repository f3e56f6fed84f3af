"""The addresses of the API and their description."""

from typing import Annotated, Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.views.decorators.http import require_safe
from ninja import Body, NinjaAPI, Schema, Swagger
from ninja.errors import HttpError, ValidationError
from pydantic import BaseModel, BeforeValidator, Field

from letters.api.beskedfordeler import take_in_push
from letters.api.errors import error
from letters.api.tokens import ApiRequest, PerMinute, SystemToken
from letters.models.api import ApiToken
from letters.tracking import take_in
from letters.tracking.receipt_formats import MAX_BYTES
from sepo_incident.accounts.roles import kit_admin_required

MAX_ROWS = 5000
DESCRIPTION = (
    "Et system sender sit token med hver forespørgsel: `Authorization: Bearer TOKEN`. Det samme må sendes igen, og "
    "tæller kun én gang. Svaret kommer, når alt er gemt. En række, der ikke kan bruges, står under `afviste` med sit "
    'nummer og en grund, og resten er gemt. Alle fejl er JSON: `{"fejl": "…"}`. Et token må sende 18.000 forespørgsler '
    "i minuttet på højst 5 MB."
)
#: The limit makes pydantic look at the characters, and refuse half ones («\ud800»).
Text = Annotated[str, Field(max_length=10_000)]
TIME = Field("", description="ISO 8601. Dansk tid, hvis zonen mangler.")


class IdentifiedRow(BaseModel):
    """The identifiers of a letter that a dispatch and a receipt may share."""

    message_uuid: Text | None = Field("", description="MessageUUID")
    transmission_id: Text | None = Field("", description="TransmissionId")
    message_id: Text | None = Field("", description="MessageId")
    shipment_id: Text | None = Field("", description="AfsendelseIdentifikator")
    mail_id: Text | None = Field("", description="Message-ID")
    channel: Text | None = Field("", description="Kanalens navn, fx SEPO")


class DispatchRow(IdentifiedRow):
    id: Text | None = Field("", description="Kildens id. Mangler det, bruges MessageUUID.")
    stage: Text | None = Field("", description="`approved` eller `handed_over`, som også gælder, hvis feltet mangler.")
    sent_at: Text | None = TIME
    known_at: Text | None = TIME
    sender: Text | None = ""
    unit: Text | None = ""
    subject: Text | None = Field("", description="CPR-numre gemmes ikke.")
    size: int | None = Field(None, description="Bytes")
    recipient: Text | None = Field("", description="Gemmes kun som en nøglet hash.")


class ReceiptRow(IdentifiedRow):
    code: Text | None = Field("", description="Statuskode, et UUID")
    status: Text | None = Field("", description="Status med ord, fx Afleveret Digital Post")
    error: Text | None = ""
    at: Text | None = TIME
    received_at: Text | None = TIME


class RefusedRow(Schema):
    nummer: int = Field(description="Rækkens nummer. Den første har nummer 1.")
    grund: str


class Answer(Schema):
    nye: int
    kendte: int
    afviste: list[RefusedRow]


class Refusal(Schema):
    fejl: str


def _as_list(rows: Any) -> Any:
    return rows if isinstance(rows, list) else [rows]


def _one_or_many(row: type[BaseModel]) -> Any:
    """Return the type of a list of rows, which may be sent as a single object too."""
    rows = Annotated[list[row], Field(max_length=MAX_ROWS)]  # type: ignore[valid-type]
    return Annotated[rows, BeforeValidator(_as_list, json_schema_input_type=row | rows), Body()]


REFUSALS = {frozenset({400, 401, 403, 413, 415, 422, 429, 500}): Refusal}
JSON, XML = "json", "xml"
api = NinjaAPI(
    title="Opfølgning på sikker post: API",
    description=DESCRIPTION,
    urls_namespace="api",
    docs=Swagger({"validatorUrl": None}),  # without it the page asks swagger.io
    docs_decorator=lambda view: kit_admin_required(require_safe(view)),
    throttle=PerMinute(),
)


@api.exception_handler(HttpError)
def refuse(request: HttpRequest, problem: HttpError) -> HttpResponse:
    request.read()  # the proxy hears the answer when it has sent everything
    response = error(problem.status_code)
    if problem.status_code == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


@api.exception_handler(ValidationError)
def refuse_rows(request: HttpRequest, problem: ValidationError) -> HttpResponse:
    """Name the first row and field that have another type than the description says."""
    first = problem.errors[0]
    place = [part for part in first["loc"] if part not in ("body", "said")]
    if first["type"] == "too_long":
        return error(422, "Der er over 5.000 rækker. Send dem ad flere gange.")
    if len(place) < 2:
        return error(422, "Send et objekt, eller en liste af objekter.")
    return error(422, f"Række {place[0] + 1}: feltet {place[1]} har en forkert type. Der er ikke gemt noget.")


@api.post(
    "/afsendelser",
    auth=SystemToken(ApiToken.Scope.DISPATCHES, JSON),
    response={200: Answer} | REFUSALS,
    summary="Breve, der er godkendt eller sendt",
    description="Et objekt, eller en liste af højst 5.000.",
)
def take_dispatches(request: ApiRequest, said: _one_or_many(DispatchRow)) -> dict[str, Any]:  # type: ignore[valid-type]
    return _answer(take_in.take_in_dispatches([row.model_dump() for row in said], request.auth.now))


@api.post(
    "/kvitteringer",
    auth=SystemToken(ApiToken.Scope.RECEIPTS, JSON),
    response={200: Answer} | REFUSALS,
    summary="Postsystemers kvitteringer",
    description="Et objekt, eller en liste af højst 5.000.",
)
def take_receipts(request: ApiRequest, said: _one_or_many(ReceiptRow)) -> dict[str, Any]:  # type: ignore[valid-type]
    return _answer(take_in.take_in_receipts([row.model_dump() for row in said], request.auth.now))


def _answer(taken: take_in.Taken) -> dict[str, Any]:
    refused = [{"nummer": number, "grund": why} for number, why in taken.refused]
    return {"nye": taken.new, "kendte": taken.known, "afviste": refused}


@api.post(
    "/beskedfordeler",
    auth=SystemToken(ApiToken.Scope.PUSH, XML),
    response={200: None} | REFUSALS,
    summary="Beskedfordelers beskeder, som de er",
    description="`ModtagBeskedInput`. Svaret er `ModtagBeskedOutput`: StatusKode 20, når beskeden er gemt, og 40 med "
    "en grund, når den ikke kan læses.",
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/xml": {"schema": {"type": "string"}}}},
        "responses": {200: {"content": {"application/xml": {"schema": {"type": "string"}}}}},
    },
)
def take_push(request: ApiRequest) -> HttpResponse:
    if len(request.body) > MAX_BYTES:
        raise HttpError(413, "too large")
    return HttpResponse(take_in_push(request.body, request.auth.now), content_type="application/xml")


@api.api_operation(["HEAD"], "/beskedfordeler", auth=None, throttle=[], include_in_schema=False)
def answer_head(request: HttpRequest) -> HttpResponse:
    """Answer 200: Beskedfordeler asks whether anybody is here."""
    return HttpResponse()


urls = api.urls
for pattern in urls[0]:  # the description asks for a session, all else for a token
    if isinstance(pattern, URLPattern) and not (pattern.name or "").startswith("openapi"):
        login_not_required(pattern.callback)
