"""Pages about joining and about the people of an organisation."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts import joining, queries, services
from apps.accounts import remote_engine as outside
from apps.accounts.access import requires
from apps.accounts.enums import Role
from apps.accounts.forms import InvitationForm, NameForm
from apps.accounts.models import Invitation, Organisation
from apps.core.errors import RefusedError

LANDING = (
    (frozenset({Role.TRAINEE, Role.SUPERVISOR}), "practice:library"),
    (frozenset({Role.ADMINISTRATOR}), "accounts:organisation"),
    (frozenset({Role.ENGINEER, Role.REVIEWER}), "oversight:models"),
)


@require_safe
@login_required
def start(request: HttpRequest) -> HttpResponse:
    """Sends a person who signed in to the place their role works in."""
    if request.actor is not None:
        for roles, name in LANDING:
            if request.actor.has(*roles):
                return redirect(name)
    return render(request, "accounts/nothing_here.html")


@require_http_methods(["GET", "POST"])
@never_cache
@sensitive_variables("token")
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    found = services.find_invitation(token)
    return _link_page(
        request,
        found.organisation,
        found.get_role_display(),
        key=joining.INVITATION,
        token=token,
        email=found.email,
    )


@require_http_methods(["GET", "POST"])
@never_cache
@sensitive_variables("token")
def join(request: HttpRequest, token: str) -> HttpResponse:
    found = services.find_join_link(token)
    return _link_page(
        request, found.organisation, found.get_role_display(), key=joining.JOIN_LINK, token=token
    )


def _link_page(
    request: HttpRequest, organisation: Organisation, role: str, *, key: str, token: str, email: str = ""
) -> HttpResponse:
    """GET shows who invites to what; POST keeps the token in the session and goes on to sign-up, or joins at once."""
    form = NameForm(request.POST or None)
    if request.method == "POST":
        joining.remember_link(request, key=key, token=token)
        if not request.user.is_authenticated:
            return redirect("account_signup")
        if form.is_valid():
            joining.join_by_pending_link(request, user=request.user, name=form.cleaned_data["name"])
            return redirect("start")
    template = "accounts/invitation.html" if key == joining.INVITATION else "accounts/join.html"
    context = {"organisation_name": organisation.name, "role": role, "email": email, "form": form}
    return render(request, template, context)


@require_http_methods(["GET", "POST"])
@requires(Role.ADMINISTRATOR, Role.SUPERVISOR)
def organisation(request: HttpRequest) -> HttpResponse:
    """The people of an organisation; administrators invite here."""
    made = None
    may_invite = request.actor.has(Role.ADMINISTRATOR)
    form = InvitationForm(request.POST or None)
    if request.method == "POST":
        if not may_invite:
            raise RefusedError("not_allowed", "Only an administrator of your organisation can invite people.")
        if form.is_valid():
            _, token = services.invite(
                form.cleaned_data["email"], role=Role(form.cleaned_data["role"]), by=request.actor
            )
            made = request.build_absolute_uri(reverse("accounts:invitation", args=[token]))
            form = InvitationForm()
    return render(
        request, "accounts/organisation.html", _organisation_context(request, form, made, may_invite)
    )


@require_POST
@requires(Role.ADMINISTRATOR)
def open_join_link(request: HttpRequest) -> HttpResponse:
    role = Role.SEEKER if request.POST.get("role") == Role.SEEKER else Role.TRAINEE
    _, token = services.open_join_link(role, by=request.actor)
    context = _organisation_context(request, InvitationForm(), None, may_invite=True)
    context["join_link"] = request.build_absolute_uri(reverse("accounts:join", args=[token]))
    return render(request, "accounts/organisation.html", context)


@require_POST
@requires(Role.ADMINISTRATOR)
def remote_engine(request: HttpRequest) -> HttpResponse:
    """Turns the service outside on where the form says so, and off where it says anything else."""
    change = outside.turn_on if request.POST.get("turn") == "on" else outside.turn_off
    change(by=request.actor)
    return redirect("accounts:organisation")


@require_http_methods(["GET", "POST"])
@never_cache
@requires(Role.TRAINEE, Role.SUPERVISOR)
def remote_consent(request: HttpRequest) -> HttpResponse:
    """What a service outside would do with one's words, and whether one agrees. Anything but a clear yes withdraws."""
    if request.method == "POST":
        change = outside.agree if request.POST.get("agree") == "yes" else outside.withdraw
        change(by=request.actor)
        return redirect("accounts:remote_consent")
    context = {"remote": outside.standing_of(request.actor)}
    return render(request, "accounts/remote_consent.html", context)


def _organisation_context(
    request: HttpRequest, form: InvitationForm, made: str | None, may_invite: bool
) -> dict[str, object]:
    invitations = Invitation.objects.filter(
        organisation_id=request.actor.organisation_id, accepted_at__isnull=True
    )[:50]
    return {
        "people": queries.people_of(request.actor.organisation_id),
        "form": form,
        "may_invite": may_invite,
        "invitation_link": made,
        "invitations": [
            {"email": i.email, "role": i.get_role_display(), "expires": i.expires_at, "status": "waiting"}
            for i in invitations
        ],
        "join_link": None,
        "remote": outside.standing_of(request.actor),
    }
