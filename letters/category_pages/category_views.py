"""*Emneområder*: edit the category rules, count the letters that every rule catches, and run the rules again."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from letters import reclassification
from letters.categories import category_matching, category_rules
from letters.category_pages.category_forms import CategoryRuleForm
from letters.incidents import incident_of, incident_or_404
from letters.models import CategoryRule
from sepo_incident.accounts.roles import Role, SignedInRequest, requires_role
from sepo_incident.core import danish, logs
from sepo_incident.core.database import Conflict
from sepo_incident.core.forms import parse_version

LETTERS_PER_PAGE = 50


@require_safe
@requires_role(Role.KIT_ADMIN)
def list_category_rules(request: SignedInRequest) -> HttpResponse:
    incident = incident_of(request)
    if incident is None:
        return render(request, "letters/categories.html")
    rules = list(incident.category_rules.select_related("unit"))
    counts, changing = category_matching.count_by_rule(rules, request.user, incident)
    context = {
        "lines": [(rule, counts.get(rule.pk), category_rules.describe_deadline(rule)) for rule in rules],
        "blank": counts[category_matching.NO_SUBJECT_KEY].assigned,
        "other_count": counts[category_matching.OTHER_KEY].assigned,
        "changing": changing,
    }
    return render(request, "letters/categories.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires_role(Role.KIT_ADMIN)
def create_category_rule(request: SignedInRequest) -> HttpResponse:
    return _edit_rule(request, CategoryRule(incident=incident_or_404(request)))


@require_http_methods(["GET", "HEAD", "POST"])
@requires_role(Role.KIT_ADMIN)
def edit_category_rule(request: SignedInRequest, pk: int) -> HttpResponse:
    rule = _find_rule(request, pk)
    return _edit_rule(request, rule) if rule else _redirect_rule_deleted(request)


def _edit_rule(request: SignedInRequest, rule: CategoryRule) -> HttpResponse:
    """Show the page of a rule. A POST saves the rule, or with «tael» only counts the letters."""
    if request.method != "POST":
        return _render_rule(request, CategoryRuleForm(instance=rule, initial={"version": rule.version}))
    form = CategoryRuleForm(request.POST, instance=rule)
    if "tael" in request.POST:
        form.is_valid()
        return _render_rule(request, form)
    if not form.is_valid():
        return _render_rule(request, form, status=422)
    try:
        if rule.pk is None:
            category_rules.add_rule(rule, by=request.user)
        else:
            seen_version = form.cleaned_data["version"]
            category_rules.change_rule(rule, -1 if seen_version is None else seen_version, by=request.user)
    except Conflict:
        now = _find_rule(request, rule.pk)
        return _render_conflict(request, now) if now else _redirect_rule_deleted(request)
    logs.log_security_event("category_rule_saved", request.user.pk, rule_id=rule.pk)
    messages.success(request, _saved_message(form))
    return redirect("categories")


def _saved_message(form: CategoryRuleForm) -> str:
    """Return the Danish message about the effect on existing letters.

    Deadlines follow automatically, categories do not.
    """
    changed = set(form.changed_data)
    sentences = ["Reglen er gemt."]
    if changed - form.CATEGORY_DEADLINE_FIELDS - form.FIELDS_WITHOUT_EFFECT:
        sentences.append("Den gælder nye lister. Kør reglerne igen for at ændre de breve, der er her.")
    if changed & form.CATEGORY_DEADLINE_FIELDS:
        sentences.append(
            "Breve uden beslutning får den nye dato i løbet af et minut. Den kan være passeret. "
            "Datoer, som er sat manuelt, og breve med en beslutning ændres ikke."
        )
    return " ".join(sentences)


def _render_conflict(request: SignedInRequest, saved_rule: CategoryRule) -> HttpResponse:
    """Answer 409 with the saved rule beside the typed values.

    The form gets the new version, so saving again is a deliberate choice.
    """
    posted = request.POST.copy()
    posted["version"] = str(saved_rule.version)
    form = CategoryRuleForm(posted, instance=_find_rule(request, saved_rule.pk))
    form.is_valid()
    return _render_rule(request, form, status=409, other=saved_rule)


def _render_rule(request: SignedInRequest, form: CategoryRuleForm, status: int = 200, **more: Any) -> HttpResponse:
    """Render the page of a rule, with the letters that it catches."""
    rule = form.instance
    before = [one for one in rule.incident.category_rules.all() if rule.pk is None or one.position < rule.position]
    is_counted = form.can_be_counted and not rule.catches_personnel_cases
    preview = category_matching.preview_rule(rule, before, request.user, rule.incident) if is_counted else None
    context = {"form": form, "rule": rule, "preview": preview} | more
    if "other" in more:
        context["other_clock"] = category_rules.describe_deadline(more["other"])
    return render(request, "letters/category_rule.html", context, status=status)


@require_POST
@requires_role(Role.KIT_ADMIN)
def delete_category_rule(request: SignedInRequest, pk: int) -> HttpResponse:
    rule = _find_rule(request, pk)
    if rule is None:
        return _redirect_rule_deleted(request)
    try:
        category_rules.delete_rule(rule, parse_version(request.POST.get("version", "")), by=request.user)
    except Conflict:
        messages.warning(request, "Reglen er ikke slettet. En anden har rettet den imens. Se den igennem først.")
        return redirect("category_rule", pk)
    messages.success(request, "Reglen er slettet. Brevene beholder deres emneområde, til du kører reglerne igen.")
    return redirect("categories")


@require_POST
@requires_role(Role.KIT_ADMIN)
def move_category_rule(request: SignedInRequest, pk: int) -> HttpResponse:
    rule = _find_rule(request, pk)
    if rule is None:
        return _redirect_rule_deleted(request)
    up = request.POST.get("retning") == "op"
    category_rules.move_rule(rule, request.user, up=up)
    order = list(rule.incident.category_rules.values_list("pk", flat=True))
    goes_on = [pk] != (order[:1] if up else order[-1:])
    button = "op" if up == goes_on else "ned"  # the pressed button keeps the focus, if still there
    return redirect(f"{reverse('categories')}#{button}-{pk}")


@require_safe
@requires_role(Role.KIT_ADMIN)
def list_category_changes(request: SignedInRequest) -> HttpResponse:
    """List the letters that get a different category or mark when the rules are run again."""
    incident = incident_or_404(request)
    letters = category_matching.countable_letters(request.user, incident)
    changes = category_matching.find_changes(incident, letters)
    changing = letters.filter(pk__in=changes).order_by("sent_at", "pk")
    page = Paginator(changing, LETTERS_PER_PAGE).get_page(request.GET.get("page"))
    lines = [(letter, changes[letter.pk]) for letter in page]
    return render(request, "letters/category_changes.html", {"page_obj": page, "lines": lines})


@require_POST
@requires_role(Role.KIT_ADMIN)
def rerun_rules(request: SignedInRequest) -> HttpResponse:
    changed = reclassification.rerun_category_rules(incident_or_404(request), by=request.user)
    logs.log_security_event("category_rules_run", request.user.pk, letters=changed)
    said = danish.count(changed, "brev", "breve")
    messages.success(request, f"Reglerne er kørt igen. {said} har skiftet." if changed else "Reglerne er kørt igen.")
    return redirect("categories")


def _find_rule(request: SignedInRequest, pk: int) -> CategoryRule | None:
    """Return a rule of the page's incident, or None."""
    return (
        incident_or_404(request).category_rules.select_related("incident", "unit", "changed_by").filter(pk=pk).first()
    )


def _redirect_rule_deleted(request: SignedInRequest) -> HttpResponse:
    messages.warning(request, "En anden har slettet reglen imens.")
    return redirect("categories")
