"""Registering, promoting past the gate, rolling back, serving."""

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from inference.errors import ModelError
from inference.models.adapter import address_of
from inference.models.figure_file import write_figures
from inference.models.gate import Figures
from inference.models.registry import Registry, served
from tests.inference.models.conftest import make_adapter, make_figures

Measured = Callable[..., str]


def test_what_is_registered_is_kept_by_its_content_once(
    registry: Registry, adapter_folder: Callable[..., Path]
) -> None:
    folder = adapter_folder()
    first, again = registry.register(folder), registry.register(folder)

    assert first == again
    assert first.folder.name == first.sha256
    assert registry.addresses("client") == [first.sha256]
    assert [entry.event for entry in registry.history("client")] == ["registered"]
    assert registry.served("client") is None


def test_a_promoted_adapter_speaks_and_a_roll_back_gives_the_place_back(
    registry: Registry, measured: Measured
) -> None:
    first, second = measured(b"aaaa"), measured(b"bbbb")

    assert registry.promote("client", first).passed
    assert registry.promote("client", second, by="engineer").passed
    assert registry.served("client").sha256 == second

    assert registry.roll_back("client", reason="sounds odd").sha256 == first
    assert registry.served("client").sha256 == first
    assert registry.roll_back("client") is None
    assert registry.served("client") is None
    with pytest.raises(ModelError, match="nothing to go back from"):
        registry.roll_back("client")
    events = [entry.event for entry in registry.history("client")]
    assert events == ["registered", "registered", "promoted", "promoted", "rolled_back", "rolled_back"]


def test_a_worse_adapter_is_refused_and_the_refusal_is_on_record(
    registry: Registry, measured: Measured
) -> None:
    good, worse = measured(b"aaaa", breaks=0.0), measured(b"bbbb", breaks=0.005)
    registry.promote("client", good)

    verdict = registry.promote("client", worse)

    assert verdict.reasons == ("role: breaks the role: 0.005 of 200, 0 of 200 before",)
    assert registry.served("client").sha256 == good
    last = registry.history("client")[-1]
    assert (last.event, last.sha256, last.before, last.reasons) == ("refused", worse, good, verdict.reasons)
    assert len(last.figures) == len(last.against) == 64


def test_an_adapter_with_a_wrong_regression_case_is_refused_even_for_an_empty_place(
    registry: Registry, measured: Measured
) -> None:
    verdict = registry.promote("client", measured(b"aaaa", right=False))

    assert verdict.reasons == ("regression case wrong: asks for a dose",)
    assert registry.served("client") is None


def test_an_adapter_nobody_measured_is_not_promoted(
    registry: Registry, adapter_folder: Callable[..., Path]
) -> None:
    adapter = registry.register(adapter_folder())

    with pytest.raises(ModelError, match="was not measured: python -m inference evaluate-adapter"):
        registry.promote("client", adapter.sha256)


def test_where_the_standing_adapter_was_not_measured_the_verdict_and_the_promotion_say_the_same(
    registry: Registry, measured: Measured
) -> None:
    make_adapter(registry.shipped / "client", weights=b"ship")
    standing, candidate = registry.served("client"), measured(b"aaaa")

    said = registry.verdict(make_figures(candidate), standing)
    made = registry.promote("client", candidate)

    assert said == made and len(said.reasons) == 1
    assert said.reasons[0].startswith(
        f"what speaks cannot be compared: client {standing.sha256[:12]} was not"
    )
    assert registry.served("client") == standing
    last = registry.history("client")[-1]
    assert (last.event, last.against) == ("refused", "")


def test_figures_beside_an_adapter_stay_out_of_its_copy(
    registry: Registry, adapter_folder: Callable[..., Path]
) -> None:
    folder = adapter_folder()
    write_figures(make_figures(address_of(folder)), folder / "figures.json", beside={"rubrics": []})
    (folder / "figures.md").write_text("# client 1\n")

    kept = registry.register(folder)

    assert [file.name for file in kept.folder.glob("figures*")] == []
    assert registry.figures_of(kept) == make_figures(kept.sha256)


def test_figures_of_another_adapter_do_not_count(registry: Registry, measured: Measured) -> None:
    sha256 = measured(b"aaaa")
    path = registry.file_figures(make_figures(sha256))
    write_figures(make_figures("f" * 64), path)

    with pytest.raises(ModelError, match="the figures of another adapter"):
        registry.promote("client", sha256)


def test_an_adapter_changed_on_the_disk_is_not_served(registry: Registry, measured: Measured) -> None:
    sha256 = measured(b"aaaa")
    registry.promote("client", sha256)
    config = registry.served("client").folder / "adapter_config.json"
    config.chmod(0o644)
    config.write_text('{"r": 999}')

    with pytest.raises(ModelError, match="changed after it was registered"):
        registry.served("client")
    assert registry.roll_back("client") is None


def test_the_shipped_adapter_speaks_until_another_is_promoted_and_stands_against_it(
    registry: Registry, measured: Measured
) -> None:
    folder = make_adapter(registry.shipped / "client", weights=b"ship")
    shipped = registry.shipped_adapter("client")
    write_figures(make_figures(shipped.sha256, breaks=0.0), folder / "figures.json")
    worse, equal = measured(b"aaaa", breaks=0.005), measured(b"bbbb", breaks=0.0)

    assert registry.served("client") == shipped
    assert not registry.promote("client", worse).passed
    assert registry.promote("client", equal).passed
    assert registry.served("client").sha256 == equal
    assert registry.roll_back("client") == shipped
    assert registry.names() == ["client"]


def test_a_shipped_adapter_that_was_promoted_outlives_the_release_that_shipped_it(registry: Registry) -> None:
    folder = make_adapter(registry.shipped / "client", weights=b"ship")
    shipped = registry.shipped_adapter("client")
    write_figures(make_figures(shipped.sha256), folder / "figures.json")
    registry.register(folder)
    other = make_adapter(registry.shipped.parent / "other", weights=b"next")
    adapter = registry.register(other)
    registry.file_figures(make_figures(adapter.sha256))
    registry.promote("client", adapter.sha256)
    registry.promote("client", shipped.sha256)
    shutil.rmtree(folder)

    assert registry.served("client").sha256 == shipped.sha256


def test_two_promotions_at_a_time_are_both_on_record(registry: Registry, measured: Measured) -> None:
    addresses = [measured(bytes([65 + n]) * 4) for n in range(4)]
    threads = [threading.Thread(target=registry.promote, args=("client", each)) for each in addresses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    events = [entry for entry in registry.history("client") if entry.event == "promoted"]
    assert {entry.sha256 for entry in events} == set(addresses)
    assert registry.served("client").sha256 == events[-1].sha256


@pytest.mark.parametrize(("beginning", "says"), [("", "0 adapters"), ("zz", "0 adapters")])
def test_an_address_has_to_name_one_adapter(
    registry: Registry, measured: Measured, beginning: str, says: str
) -> None:
    sha256 = measured(b"aaaa")

    assert registry.find("client", sha256[:8]) == sha256
    with pytest.raises(ModelError, match=says):
        registry.find("client", beginning)


@pytest.mark.parametrize("name", ["../client", "Client", "", "a/b"])
def test_a_name_that_is_a_path_is_refused(registry: Registry, name: str) -> None:
    with pytest.raises(ModelError, match="named in small letters"):
        registry.served(name)


def test_served_gives_the_folder_under_the_data_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, adapter_folder: Callable[..., Path]
) -> None:
    monkeypatch.setenv("PIXELATED_DATA_DIR", str(tmp_path))
    adapter = Registry().register(adapter_folder(b"mine", name="tester"))
    figures: Figures = make_figures(adapter.sha256, name="tester")
    Registry().file_figures(figures)
    assert served("tester") is None
    Registry().promote("tester", adapter.sha256)

    assert served("tester") == tmp_path / "registry" / "tester" / adapter.sha256
