"""The registry over the worker's HTTP: its facts, promotion with a reload, roll-back."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from inference.contracts import ModelName
from inference.engine.protocol import EngineStatus, RefusedAdapter
from inference.errors import ModelError
from inference.models.adapter import address_of
from inference.models.figure_file import write_figures
from inference.models.registry import Registry
from inference.persona import FORM_VERSION
from inference.server import create_app
from inference.testing import ScriptedEngine
from tests.inference.models.conftest import make_adapter, make_figures

Serving = Callable[..., contextlib.AbstractAsyncContextManager[str]]


class LoadingEngine(ScriptedEngine):
    """Counts its reloads; fails them, or refuses the tester's adapter, where it is told to."""

    fails = refuses = False
    reloads = 0

    def status(self) -> EngineStatus:
        refused = (RefusedAdapter("tester", "was trained on form 9"),) if self.refuses else ()
        return replace(super().status(), refused=refused)

    async def reload(self, source: str) -> ModelName:
        self.reloads += 1
        if self.fails:
            raise ModelError("the weights do not fit")
        return await super().reload(source)


@pytest.fixture
def registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Registers a measured adapter in the data directory of this test."""
    monkeypatch.setenv("PIXELATED_DATA_DIR", str(tmp_path / "data"))

    def build(weights: bytes, **facts: object) -> str:
        folder = make_adapter(tmp_path / weights.hex(), weights=weights, name="tester")
        figures = make_figures(address_of(folder), name="tester", **facts)  # type: ignore[arg-type]
        write_figures(figures, folder / "figures.json")
        return Registry().register(folder).sha256

    return build


@contextlib.asynccontextmanager
async def asking(serving: Serving, secret: str, engine: LoadingEngine) -> object:
    async with serving(create_app(engine, secret=secret)) as url:
        headers = {"Authorization": f"Bearer {secret}"}
        async with httpx.AsyncClient(base_url=url, headers=headers) as http:
            yield http


async def test_a_promoted_adapter_is_loaded_and_stands_in_the_facts(
    serving: Serving, secret: str, registered: Callable[..., str]
) -> None:
    sha256, engine = registered(b"aaaa"), LoadingEngine()
    async with asking(serving, secret, engine) as http:
        before = (await http.get("/adapters")).json()
        made = await http.post("/adapters/promote", json={"name": "tester", "sha256": sha256, "by": "web x"})
        after = (await http.get("/adapters")).json()

    (old,), (new,) = ([n for n in each["names"] if n["name"] == "tester"] for each in (before, after))
    assert (old["speaks"], new["speaks"]) == ("", sha256)
    assert made.json() == {"promoted": True, "reasons": []} and engine.reloads == 1
    assert [entry["event"] for entry in new["history"]] == ["registered", "promoted"]
    assert new["history"][-1]["by"] == "web x"
    assert new["adapters"][0]["card"]["version"] == "client 1" and new["adapters"][0]["gate"] == []


async def test_a_held_back_adapter_loads_nothing(
    serving: Serving, secret: str, registered: Callable[..., str]
) -> None:
    sha256, engine = registered(b"aaaa", right=False), LoadingEngine()
    async with asking(serving, secret, engine) as http:
        made = await http.post("/adapters/promote", json={"name": "tester", "sha256": sha256})

    assert made.json() == {"promoted": False, "reasons": ["regression case wrong: asks for a dose"]}
    assert engine.reloads == 0


async def test_an_adapter_that_cannot_be_loaded_gives_the_place_back(
    serving: Serving, secret: str, registered: Callable[..., str]
) -> None:
    sha256, engine = registered(b"aaaa"), LoadingEngine()
    engine.fails = True
    async with asking(serving, secret, engine) as http:
        made = await http.post("/adapters/promote", json={"name": "tester", "sha256": sha256})

    assert (made.status_code, made.json()["error"]["code"]) == (422, "model_unusable")
    assert Registry().served("tester") is None
    assert Registry().history("tester")[-1].reasons == ("could not be loaded",)


async def test_an_adapter_that_does_not_fit_gives_the_place_back_and_the_other_is_loaded_again(
    serving: Serving, secret: str, registered: Callable[..., str]
) -> None:
    first, second, engine = registered(b"aaaa"), registered(b"bbbb"), LoadingEngine()
    async with asking(serving, secret, engine) as http:
        await http.post("/adapters/promote", json={"name": "tester", "sha256": first})
        engine.refuses = True
        made = await http.post("/adapters/promote", json={"name": "tester", "sha256": second})

    assert (made.status_code, made.json()["error"]["code"]) == (422, "model_unusable")
    assert "trained on form 9" in made.json()["error"]["message"]
    assert Registry().served("tester").sha256 == first and engine.reloads == 3


async def test_one_that_should_speak_and_does_not_is_told_of_with_the_reason(
    serving: Serving, secret: str, registered: Callable[..., str]
) -> None:
    sha256, engine = registered(b"aaaa"), LoadingEngine()
    Registry().promote("tester", sha256)
    engine.refuses = True
    async with asking(serving, secret, engine) as http:
        answer = (await http.get("/adapters")).json()
        status = (await http.get("/status")).json()

    (named,) = [each for each in answer["names"] if each["name"] == "tester"]
    assert named["speaks"] == "" and named["problem"] == ""
    assert named["adapters"][0]["gate"] == ["does not speak: was trained on form 9"]
    assert status["refused"] == [{"name": "tester", "why": "was trained on form 9"}]
    assert status["form"] == FORM_VERSION


async def test_a_roll_back_says_who_speaks_then(
    serving: Serving, secret: str, registered: Callable[..., str]
) -> None:
    first, second, engine = registered(b"aaaa"), registered(b"bbbb"), LoadingEngine()
    async with asking(serving, secret, engine) as http:
        for sha256 in (first, second):
            await http.post("/adapters/promote", json={"name": "tester", "sha256": sha256})
        answers = [await http.post("/adapters/roll-back", json={"name": "tester"}) for _ in range(3)]

    assert [each.status_code for each in answers] == [200, 200, 422]
    assert [each.json() for each in answers[:2]] == [
        {"speaks": first, "loaded": True},
        {"speaks": "", "loaded": True},
    ]
    assert engine.reloads == 4


@pytest.mark.parametrize("trouble", ["fails", "refuses"])
async def test_a_roll_back_whose_adapter_is_not_taken_up_says_so_and_is_on_record(
    serving: Serving, secret: str, registered: Callable[..., str], trouble: str
) -> None:
    first, second, engine = registered(b"aaaa"), registered(b"bbbb"), LoadingEngine()
    async with asking(serving, secret, engine) as http:
        for sha256 in (first, second):
            await http.post("/adapters/promote", json={"name": "tester", "sha256": sha256})
        setattr(engine, trouble, True)
        answer = await http.post("/adapters/roll-back", json={"name": "tester"})

    assert (answer.status_code, answer.json()) == (200, {"speaks": first, "loaded": False})
    assert Registry().served("tester").sha256 == first


@pytest.mark.parametrize(
    "body", [{}, {"name": "tester", "sha256": "x"}, {"name": "../x", "sha256": "a" * 64}]
)
async def test_what_names_no_adapter_is_refused(
    serving: Serving, secret: str, registered: Callable[..., str], body: dict[str, str]
) -> None:
    async with asking(serving, secret, LoadingEngine()) as http:
        assert (await http.post("/adapters/promote", json=body)).status_code == 422


async def test_an_adapter_changed_on_the_disk_is_told_of_beside_the_others(
    serving: Serving, secret: str, registered: Callable[..., str]
) -> None:
    sound, spoiled = registered(b"aaaa"), registered(b"bbbb")
    Registry().promote("tester", spoiled)
    config = Registry().served("tester").folder / "adapter_config.json"
    config.chmod(0o644)
    config.write_text("{}")
    async with asking(serving, secret, LoadingEngine()) as http:
        answer = (await http.get("/adapters")).json()

    (named,) = [each for each in answer["names"] if each["name"] == "tester"]
    assert named["problem"] == "model_unusable"
    assert {each["sha256"]: each["problem"] for each in named["adapters"]} == {
        sound: "",
        spoiled: "model_unusable",
    }
