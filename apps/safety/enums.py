"""Why something is put up for review."""

from django.db.models import TextChoices


class Reason(TextChoices):
    """The values are those of `data/policy.toml`; added to, never renamed."""

    LAYERS_DISAGREE = "layers_disagree", "One layer saw a crisis and the other did not"
    CRISIS = "crisis", "A person's own words about a crisis"
    WITHHELD_CRISIS = "withheld_crisis", "Generated words about a crisis were kept back"
    WITHHELD_BIAS = "withheld_bias", "Generated words with a prejudice were kept back"
