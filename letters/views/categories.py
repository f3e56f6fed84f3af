"""*Emneområder*: the rules that tell what letters are about, how many each catches, and running them again."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from letters import rerunning
from letters.categories import catching, clocks, editing
from letters.categories.defaults import NO_SUBJECT, OTHER
from letters.categories.forms import RuleForm
from letters.incidents import current_or_404
from letters.models import CategoryRule, Incident
from sepo_incident import danish, logs
from sepo_incident.accounts.permissions import Role, requires_role
from sepo_incident.accounts.requests import SignedInRequest
from sepo_incident.overtaken import Overtaken
from sepo_incident.whole import whole

LETTERS_PER_PAGE = 50
DATES_FOLLOW = (
    "Fristen på de breve, der mangler en beslutning, følger efter i løbet af et minut, og det kan gøre den passeret. "
    "Frister, som et menneske har sat, og breve med en beslutning bliver, som de er."
)
GONE = "Reglen findes ikke mere. En anden har slettet den imens."


@require_safe
@requires_role(Role.KIT_ADMIN)
def categories(request: SignedInRequest) -> HttpResponse:
    incident = Incident.objects.current()
    if incident is None:
        return render(request, "letters/categories.html")
    rules = list(incident.category_rules.select_related("unit"))
    counts = catching.counts(rules, request.user, incident)
    context = {
        "lines": [(rule, counts[rule.pk], clocks.words(rule)) for rule in rules],
        "blank": counts[catching.NO_SUBJECT].left,
        "others": counts[catching.OTHER].left,
        "changing": catching.changing(incident, catching.counted_for(request.user, incident)).count(),
    }
    return render(request, "letters/categories.html", context)


@require_safe
@requires_role(Role.KIT_ADMIN)
def category_letters(request: SignedInRequest, what: str) -> HttpResponse:
    """Those that no rule gives a name: ``uden-emne`` or ``alt-andet``."""
    name = next((name for name in (NO_SUBJECT, OTHER) if slugify(name) == what), None)
    if name is None:
        raise Http404
    letters = catching.unnamed(request.user, current_or_404(), is_blank=name == NO_SUBJECT)
    letters = letters.select_related("sender", "followup").order_by("sent_at", "pk")
    page = Paginator(letters, LETTERS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "letters/category_letters.html", {"name": name, "page_obj": page})


@require_http_methods(["GET", "HEAD", "POST"])
@requires_role(Role.KIT_ADMIN)
def new_category_rule(request: SignedInRequest) -> HttpResponse:
    return _edit(request, CategoryRule(incident=current_or_404()))


@require_http_methods(["GET", "HEAD", "POST"])
@requires_role(Role.KIT_ADMIN)
def category_rule(request: SignedInRequest, pk: int) -> HttpResponse:
    rule = _rule(pk)
    return _edit(request, rule) if rule else _gone(request)


def _edit(request: SignedInRequest, rule: CategoryRule) -> HttpResponse:
    """The page of a rule; on POST it is saved, or with «tael» only counted."""
    if request.method != "POST":
        return _page(request, RuleForm(instance=rule, initial={"version": rule.version}))
    form = RuleForm(request.POST, instance=rule)
    if "tael" in request.POST:
        form.is_valid()
        return _page(request, form)
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        _save(rule, form.cleaned_data["version"], request)
    except Overtaken:
        now = _rule(rule.pk)
        return _overtaken(request, now) if now else _gone(request)
    messages.success(request, _said_of_saved(form))
    return redirect("categories")


def _said_of_saved(form: RuleForm) -> str:
    """What becomes of the letters that are here: their dates follow by themselves, and what they are about does not."""
    changed = set(form.changed_data)
    said = ["Reglen er gemt."]
    if changed - form.OF_THE_CLOCK - form.BESIDES:
        said.append("Den gælder for nye lister; se herunder, hvad den ændrer i dem, der er her.")
    if changed & form.OF_THE_CLOCK:
        said.append(DATES_FOLLOW)
    return " ".join(said)


def _save(rule: CategoryRule, seen: int | None, request: SignedInRequest) -> None:
    if rule.pk is None:
        editing.add(rule, by=request.user)
    else:
        editing.change(rule, -1 if seen is None else seen, by=request.user)
    logs.note("category_rule_saved", request.user.pk, rule_id=rule.pk)


def _overtaken(request: SignedInRequest, now: CategoryRule) -> HttpResponse:
    """409: the other's rule beside what was typed, which carries the new version, so saving again is a choice."""
    typed = request.POST.copy()
    typed["version"] = str(now.version)
    form = RuleForm(typed, instance=_rule(now.pk))
    form.is_valid()
    return _page(request, form, status=409, other=now)


def _page(request: SignedInRequest, form: RuleForm, status: int = 200, **more: Any) -> HttpResponse:
    """Only the count, where the page asks for it while somebody types."""
    rule = form.instance
    before = [one for one in rule.incident.category_rules.all() if rule.pk is None or one.position < rule.position]
    caught = catching.caught(rule, before, request.user, rule.incident) if form.can_be_counted else None
    is_part = request.htmx and "tael" in request.POST  # type: ignore[attr-defined]
    context = {"form": form, "rule": rule, "caught": caught, "is_part": is_part} | more
    if "other" in more:
        context["other_clock"] = clocks.words(more["other"])
    template = "letters/category_rule.html#count" if is_part else "letters/category_rule.html"
    return render(request, template, context, status=status)


@require_POST
@requires_role(Role.KIT_ADMIN)
def delete_category_rule(request: SignedInRequest, pk: int) -> HttpResponse:
    rule = _rule(pk)
    if rule is None:
        return _gone(request)
    seen = whole(request.POST.get("version", ""))
    try:
        editing.delete(rule, -1 if seen is None else seen, by=request.user)
    except Overtaken:
        messages.warning(request, "Reglen er ikke slettet, for en anden har rettet den imens. Se den igennem først.")
        return redirect("category_rule", pk)
    messages.success(request, "Reglen er slettet. Brevene beholder deres emneområde, til reglerne køres igen.")
    return redirect("categories")


@require_POST
@requires_role(Role.KIT_ADMIN)
def move_category_rule(request: SignedInRequest, pk: int) -> HttpResponse:
    rule = _rule(pk)
    if rule is None:
        return _gone(request)
    up = request.POST.get("retning") == "op"
    editing.move(rule, request.user, up=up)
    order = list(rule.incident.category_rules.values_list("pk", flat=True))
    goes_on = [pk] != (order[:1] if up else order[-1:])
    button = "op" if up == goes_on else "ned"  # the one that was pressed has the focus still, if it is there
    return redirect(f"{reverse('categories')}#{button}-{pk}")


@require_safe
@requires_role(Role.KIT_ADMIN)
def category_changes(request: SignedInRequest) -> HttpResponse:
    """The letters that would be called something else, or marked, when the rules are run again."""
    incident = current_or_404()
    letters = catching.changing(incident, catching.counted_for(request.user, incident)).order_by("sent_at", "pk")
    page = Paginator(letters, LETTERS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "letters/category_changes.html", {"page_obj": page})


@require_POST
@requires_role(Role.KIT_ADMIN)
def run_category_rules(request: SignedInRequest) -> HttpResponse:
    changed = rerunning.run(current_or_404(), by=request.user)
    logs.note("category_rules_run", request.user.pk, letters=changed)
    said = danish.count(changed, "brev", "breve")
    messages.success(request, f"Reglerne er kørt igen, og {said} er skiftet." if changed else "Reglerne er kørt igen.")
    return redirect("categories")


def _rule(pk: int) -> CategoryRule | None:
    """One of the current incident's."""
    return current_or_404().category_rules.select_related("incident", "unit", "changed_by").filter(pk=pk).first()


def _gone(request: SignedInRequest) -> HttpResponse:
    messages.warning(request, GONE)
    return redirect("categories")
