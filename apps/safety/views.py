"""Help that is one page away when the model, the database, Redis or JavaScript is down."""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from apps.core.for_everyone import for_everyone
from apps.safety.help_lines import help_context


@require_safe
@for_everyone
def help_now(request: HttpRequest) -> HttpResponse:
    """Needs no session, no sign-in and no database: context processors are left out on purpose."""
    return HttpResponse(render_to_string("help_now.html", help_context()))
