"""What the help page shows, from the data file alone."""

from apps.safety.resources import Country, countries, directory


def help_context(first: str = "GB") -> dict[str, object]:
    return {"resources": [_entry(country) for country in countries(first)], "directory": directory()["href"]}


def _entry(country: Country) -> dict[str, object]:
    lines = [
        {
            "name": line.name,
            "number": line.number,
            "channel": line.channel,
            "hours": line.hours,
            "note": ", ".join(part for part in (line.age, line.note) if part),
            "href": line.href,
        }
        for line in country.lines
    ]
    return {
        "country": country.code,
        "country_name": country.name,
        "emergency": country.emergency,
        "lines": lines,
    }
