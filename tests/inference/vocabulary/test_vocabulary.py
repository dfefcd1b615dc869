import re

from inference.vocabulary import CHANNELS, TALK_FAMILIES, acts, cues, plans, version

ACTS = {
    "sustain": ["minimise", "deny", "argue", "blame", "despair"],
    "neutral": [
        "engage",
        "inform",
        "disclose",
        "deflect",
        "intellectualise",
        "test_boundary",
        "please",
        "withdraw",
    ],
    "change": ["doubt", "want", "commit"],
}
PLANS = [
    "reflect",
    "validate",
    "ask",
    "affirm",
    "ask_permission",
    "inform",
    "summarise",
    "step",
    "close",
    "protocol",
]


def test_acts_are_those_of_version_one_by_family() -> None:
    found = {family: [act.id for act in acts().values() if act.talk == family] for family in TALK_FAMILIES}

    assert found == ACTS


def test_plans_are_those_of_version_one_and_only_protocol_is_fixed() -> None:
    assert list(plans()) == PLANS
    assert [plan.id for plan in plans().values() if plan.fixed] == ["protocol"]


def test_every_act_has_cues_at_any_state() -> None:
    for act in acts():
        for arousal in (5, 50, 95):
            for discord in (5, 50, 95):
                fitting = [
                    cue
                    for cue in cues().values()
                    if act in cue.acts
                    and cue.arousal[0] <= arousal <= cue.arousal[1]
                    and cue.discord[0] <= discord <= cue.discord[1]
                ]
                assert len(fitting) >= 3, (act, arousal, discord)


def test_cues_cover_every_channel_and_are_worded_without_pronouns() -> None:
    assert {cue.channel for cue in cues().values()} == set(CHANNELS)
    assert not [
        cue.id for cue in cues().values() if re.search(r"\b(he|she|they|his|her|their|him|them)\b", cue.text)
    ]


def test_version_names_all_three_files() -> None:
    assert version() == "acts.1 plans.1 cues.1"
