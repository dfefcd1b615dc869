"""The form that makes a key."""

from django import forms

from apps.api.enums import Scope
from apps.api.services import LIFE, MOST_DAYS


class KeyForm(forms.Form):
    name = forms.CharField(
        max_length=60, label="What it is for", help_text="A system's name, not a person's."
    )
    scopes = forms.MultipleChoiceField(
        choices=Scope.choices, widget=forms.CheckboxSelectMultiple, label="What it may do"
    )
    days = forms.IntegerField(min_value=1, max_value=MOST_DAYS, initial=LIFE.days, label="Days that it works")
