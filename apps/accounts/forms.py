"""Forms of joining and inviting."""

from django import forms
from django.http import HttpRequest

from apps.accounts.enums import Role
from apps.accounts.models import User


class NameForm(forms.Form):
    """Added to sign-up: how the organisation should call the person."""

    name = forms.CharField(
        max_length=80, label="Your name", widget=forms.TextInput(attrs={"autocomplete": "name"})
    )

    def signup(self, request: HttpRequest, user: User) -> None:
        """Called by allauth once the person exists: they join by the link they came with."""
        from apps.accounts.joining import join_by_pending_link  # allauth imports this form while apps load

        join_by_pending_link(request, user=user, name=self.cleaned_data["name"])


class InvitationForm(forms.Form):
    email = forms.EmailField(label="E-mail")
    role = forms.ChoiceField(label="Role", choices=Role.choices)
