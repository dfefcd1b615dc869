"""The models page, the worker being the real server around a scripted engine, with a registry of its own."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client

from apps.accounts.enums import Role
from apps.accounts.services import join_organisation
from apps.audit.models import Entry
from apps.core.organisation import acting_for
from inference.contracts import ModelName
from inference.errors import ModelError
from inference.models.adapter import address_of
from inference.models.figure_file import write_figures
from inference.models.registry import Registry
from inference.server import create_app
from inference.testing import ScriptedEngine
from tests.apps.api.conftest import serving
from tests.cast import CastMember
from tests.inference.models.conftest import make_adapter, make_figures

pytestmark = [pytest.mark.django_db(transaction=True)]
SECRET = "a-secret-between-two"
PAGE = "/models/"


class UnloadableEngine(ScriptedEngine):
    """Speaks, and loads nothing."""

    async def reload(self, source: str) -> ModelName:
        raise ModelError("the weights do not fit")


@pytest.fixture
def worker(settings: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("PIXELATED_DATA_DIR", str(tmp_path / "data"))
    with serving(create_app(ScriptedEngine(), secret=SECRET)) as address:
        settings.INFERENCE_URL, settings.WORKER_SECRET, settings.ENGINE = address, SECRET, "worker"
        yield


@pytest.fixture
def registered(worker: None, tmp_path: Path) -> Callable[..., str]:
    def build(weights: bytes, **facts: object) -> str:
        folder = make_adapter(
            tmp_path / weights.hex(), weights=weights, name="tester", version=f"v {weights.hex()}"
        )
        figures = make_figures(address_of(folder), name="tester", **facts)  # type: ignore[arg-type]
        write_figures(figures, folder / "figures.json")
        return Registry().register(folder).sha256

    return build


@pytest.fixture
def reviewer(rita: CastMember) -> Client:
    browser = Client()
    browser.force_login(rita.user)
    return browser


@pytest.fixture
def engineer(grace: CastMember) -> Client:
    """Grace, who is an engineer too."""
    join_organisation(grace.user, organisation=grace.organisation, role=Role.ENGINEER, name="Grace")
    browser = Client()
    browser.force_login(grace.user)
    return browser


def written(member: CastMember) -> list[tuple[str, str, str | None]]:
    with acting_for(member.organisation.pk):
        entries = [json.loads(bytes(entry.body)) for entry in Entry.objects.order_by("seq")]
    return [(e["action"], e["purpose"], e["object"]) for e in entries if e["action"].startswith("model.")]


def uuid_of(sha256: str) -> str:
    return f"{sha256[:8]}-{sha256[8:12]}-{sha256[12:16]}-{sha256[16:20]}-{sha256[20:32]}"


def test_a_reviewer_sees_the_cards_side_by_side_and_changes_nothing(
    reviewer: Client, rita: CastMember, registered: Callable[..., str]
) -> None:
    first, second = registered(b"aaaa"), registered(b"bbbb")
    page = reviewer.get(PAGE).content.decode()

    assert first[:12] in page and second[:12] in page
    assert "Role: breaks the role" in page and "held by the gate" in page and "1 of 1" in page
    assert "Let it speak" not in page
    for heading in ("Version", "On", "Asked in form", "Licence", "Trained on", "Use", "Where it fails"):
        assert f'<th scope="row">{heading}</th>' in page
    assert "v 61616161" in page and "SmolLM2-135M-Instruct" in page
    assert reviewer.post(f"{PAGE}tester/promote/", {"sha256": first}).status_code == 404
    assert reviewer.post(f"{PAGE}tester/roll-back/").status_code == 404
    assert Registry().served("tester") is None
    assert written(rita)[0] == ("model.viewed", "", None)


def test_an_engineer_promotes_and_rolls_back_and_both_are_written_down(
    engineer: Client, grace: CastMember, registered: Callable[..., str]
) -> None:
    sha256 = registered(b"aaaa")

    page = engineer.post(f"{PAGE}tester/promote/", {"sha256": sha256}, follow=True).content.decode()
    assert "speaks as tester from here on" in page and Registry().served("tester").sha256 == sha256
    assert Registry().history("tester")[-1].by == f"web {grace.user.pk}"

    page = engineer.post(f"{PAGE}tester/roll-back/", follow=True).content.decode()
    assert "The bare model speaks as tester again" in page and Registry().served("tester") is None

    made = [entry for entry in written(grace) if entry[0] != "model.viewed"]
    assert made == [("model.promoted", "tester", uuid_of(sha256)), ("model.rolled_back", "tester", None)]


def test_what_the_gate_holds_back_says_why_and_is_written_down(
    engineer: Client, grace: CastMember, registered: Callable[..., str]
) -> None:
    sha256 = registered(b"aaaa", right=False)

    page = engineer.get(PAGE).content.decode()
    assert "regression case wrong: asks for a dose" in page and "Let it speak" not in page
    page = engineer.post(f"{PAGE}tester/promote/", {"sha256": sha256}, follow=True).content.decode()

    assert "The gate held it back: regression case wrong" in page
    assert ("model.held_back", "tester", uuid_of(sha256)) in written(grace)


def test_an_adapter_that_is_not_there_is_refused_in_words_and_written_down(
    engineer: Client, grace: CastMember, worker: None
) -> None:
    page = engineer.post(f"{PAGE}tester/promote/", {"sha256": "f" * 64}, follow=True).content.decode()

    assert "The place is whose it was" in page
    assert ("model.change_failed", "tester adapter_unusable", uuid_of("f" * 64)) in written(grace)


def test_a_roll_back_that_the_worker_could_not_take_up_is_told_as_it_is_and_written_down(
    engineer: Client, grace: CastMember, settings: object, registered: Callable[..., str]
) -> None:
    first, second = registered(b"aaaa"), registered(b"bbbb")
    for sha256 in (first, second):
        Registry().promote("tester", sha256)
    with serving(create_app(UnloadableEngine(), secret=SECRET)) as address:
        settings.INFERENCE_URL = address
        page = engineer.post(f"{PAGE}tester/roll-back/", follow=True).content.decode()

    assert f"{first[:12]} has the place of tester again, but the worker could not take it up" in page
    assert Registry().served("tester").sha256 == first
    assert ("model.rolled_back", "tester", uuid_of(first)) in written(grace)


@pytest.mark.parametrize("sha256", ["", "short", "../../etc/passwd", "F" * 64])
def test_what_is_no_address_is_not_there(engineer: Client, worker: None, sha256: str) -> None:
    assert engineer.post(f"{PAGE}tester/promote/", {"sha256": sha256}).status_code == 404


def test_without_a_worker_the_page_says_so_and_nothing_can_be_changed(
    engineer: Client, grace: CastMember, settings: object
) -> None:
    settings.INFERENCE_URL, settings.ENGINE = "http://127.0.0.1:1", "worker"

    assert "does not answer" in engineer.get(PAGE).content.decode()
    page = engineer.post(f"{PAGE}tester/roll-back/", follow=True).content.decode()
    assert "The worker is away" in page
    assert ("model.change_failed", "tester worker_away", None) in written(grace)


def test_with_no_adapter_the_page_says_how_to_add_one(reviewer: Client, worker: None) -> None:
    page = reviewer.get(PAGE).content.decode()

    assert "models register" in page or "speaking-" in page
