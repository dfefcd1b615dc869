"""What an engineer may send: an adapter's address, in its form."""

from django import forms


class PromoteForm(forms.Form):
    sha256 = forms.RegexField(regex=r"^[0-9a-f]{64}$")
