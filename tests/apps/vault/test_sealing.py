"""A sealed text opens at its place alone."""

import hmac
import json
import struct
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from apps.vault.errors import SealBrokenError, UnsealableError
from apps.vault.sealing import Place, SealingKey, _unpadded, key_id_of, seal_text, unseal_text

KEY = SealingKey(UUID(int=7), bytes(range(32)))
PLACE = Place(
    organisation=UUID(int=1),
    table="encounters_turn",
    column="text_sealed",
    row=UUID(int=2),
    encounter=UUID(int=3),
    position=4,
    author_role="trainee",
    revision=5,
)
ELSEWHERE = {
    "organisation": UUID(int=11),
    "table": "encounters_segment",
    "column": "note_sealed",
    "row": UUID(int=12),
    "encounter": UUID(int=13),
    "position": 14,
    "author_role": "client",
    "revision": 15,
}
VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text(encoding="utf-8"))

uuids = st.uuids()
places = st.builds(
    Place,
    organisation=uuids,
    table=st.text("abc_", max_size=12),
    column=st.text("abc_", max_size=12),
    row=uuids,
    encounter=st.none() | uuids,
    position=st.integers(-(2**63), 2**63 - 1),
    author_role=st.text("abc_", max_size=8),
    revision=st.integers(0, 2**31),
)


@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=400), place=places)
def test_what_is_sealed_unseals_at_its_place(text: str, place: Place) -> None:
    assert unseal_text(seal_text(text, key=KEY, place=place), key=KEY, place=place) == text


@pytest.mark.parametrize(
    "text", ["", "\x00", "\x80", "a\x80", "ÀÀ\x00\x00", "\u0940" * 40, "👩🏽‍🚀", "x" * 100_000]
)
def test_texts_that_look_like_padding_unseal_as_they_were(text: str) -> None:
    assert unseal_text(seal_text(text, key=KEY, place=PLACE), key=KEY, place=PLACE) == text


@given(before=st.text("ab", max_size=5), surrogate=st.characters(categories=["Cs"]))
def test_a_lone_surrogate_is_refused_without_repeating_the_text(before: str, surrogate: str) -> None:
    with pytest.raises(UnsealableError) as refused:
        seal_text(f"secret {before}{surrogate}", key=KEY, place=PLACE)

    assert "secret" not in str(refused.value)
    assert refused.value.__context__ is None


def test_every_changed_byte_breaks_the_seal() -> None:
    blob = seal_text("I have not told anyone.", key=KEY, place=PLACE)
    assert unseal_text(blob, key=KEY, place=PLACE) == "I have not told anyone."

    for changed in _changed(blob):
        with pytest.raises(SealBrokenError):
            unseal_text(changed, key=KEY, place=PLACE)


def test_every_truncation_and_extension_breaks_the_seal() -> None:
    blob = seal_text("x" * 70, key=KEY, place=PLACE)

    for cut in [*(blob[:length] for length in range(len(blob))), blob + b"\x00", blob[1:], blob + blob]:
        with pytest.raises(SealBrokenError):
            unseal_text(cut, key=KEY, place=PLACE)


def test_the_places_here_differ_in_every_component() -> None:
    assert set(ELSEWHERE) == {field.name for field in fields(Place)}


@pytest.mark.parametrize("component", ELSEWHERE)
def test_a_blob_moved_in_any_component_breaks(component: str) -> None:
    moved = replace(PLACE, **{component: ELSEWHERE[component]})
    blob = seal_text("Only here.", key=KEY, place=PLACE)

    with pytest.raises(SealBrokenError):
        unseal_text(blob, key=KEY, place=moved)


@given(sealed_at=places, opened_at=places)
def test_a_blob_opens_only_at_an_equal_place(sealed_at: Place, opened_at: Place) -> None:
    blob = seal_text("Only here.", key=KEY, place=sealed_at)

    if sealed_at == opened_at:
        assert unseal_text(blob, key=KEY, place=opened_at) == "Only here."
        return
    with pytest.raises(SealBrokenError):
        unseal_text(blob, key=KEY, place=opened_at)


def test_words_do_not_run_from_one_component_into_the_next() -> None:
    blob = seal_text("Only here.", key=KEY, place=replace(PLACE, table="ab", column="c"))

    with pytest.raises(SealBrokenError):
        unseal_text(blob, key=KEY, place=replace(PLACE, table="a", column="bc"))


@pytest.mark.parametrize(
    "key", [SealingKey(KEY.id, bytes(32)), SealingKey(UUID(int=8), KEY.secret)], ids=["secret", "id"]
)
def test_another_key_breaks(key: SealingKey) -> None:
    with pytest.raises(SealBrokenError):
        unseal_text(seal_text("Only mine.", key=KEY, place=PLACE), key=key, place=PLACE)


@given(length=st.integers(0, 400))
def test_length_shows_in_steps_of_64_bytes_only(length: int) -> None:
    blob = seal_text("x" * length, key=KEY, place=PLACE)

    assert len(blob) == 94 + 64 * (length // 64 + 1)


def test_a_padded_text_that_is_not_ours_breaks() -> None:
    for padded in [
        b"\x00" * 64,
        b"text".ljust(64, b"\x00"),
        b"text\x80" + b"\x00" * 20,
        b"\xff\x80".ljust(64, b"\x00"),
    ]:
        with pytest.raises(SealBrokenError):
            _unpadded(padded)


def test_a_blob_names_its_key() -> None:
    assert key_id_of(seal_text("", key=KEY, place=PLACE)) == KEY.id


def test_a_key_does_not_show_itself() -> None:
    assert str(KEY.secret) not in repr(KEY)


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["name"])
def test_vectors_for_a_second_implementation_hold(vector: dict[str, object]) -> None:
    key = SealingKey(UUID(vector["key_id"]), bytes.fromhex(vector["secret"]))
    said = vector["place"]
    ids = {name: UUID(said[name]) for name in ("organisation", "row", "encounter") if said[name]}
    place = Place(**{**said, **ids})
    fixed: Iterator[bytes] = iter([bytes.fromhex(vector["salt"]), bytes.fromhex(vector["nonce"])])

    sealed = seal_text(vector["text"], key=key, place=place, random=lambda _: next(fixed))

    assert sealed == b64decode(vector["blob"])
    assert unseal_text(sealed, key=key, place=place) == vector["text"]


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["name"])
def test_a_second_implementation_from_the_description_opens_the_vectors(vector: dict[str, object]) -> None:
    blob, said = b64decode(vector["blob"]), vector["place"]
    key_id, salt, commitment, nonce = blob[2:18], blob[18:34], blob[34:66], blob[66:78]
    items = [
        b"pixelated-empathy",
        b"\x01\x01",
        UUID(said["organisation"]).bytes,
        said["table"].encode(),
        said["column"].encode(),
        UUID(said["row"]).bytes,
        UUID(said["encounter"]).bytes if said["encounter"] else b"",
        struct.pack(">q", said["position"]),
        said["author_role"].encode(),
        struct.pack(">q", said["revision"]),
        key_id,
    ]
    associated = b"".join(struct.pack(">I", len(item)) + item for item in items)
    prk = hmac.digest(salt, bytes.fromhex(vector["secret"]), "sha256")
    first = hmac.digest(prk, associated + b"\x01", "sha256")
    second = hmac.digest(prk, first + associated + b"\x02", "sha256")

    padded = AESGCM(first).decrypt(nonce, blob[78:], associated)

    assert second == commitment
    assert padded.rstrip(b"\x00").removesuffix(b"\x80").decode() == vector["text"]


def _changed(blob: bytes) -> Iterator[bytes]:
    for index in range(len(blob)):
        for mask in (0x01, 0x80, 0xFF):
            changed = bytearray(blob)
            changed[index] ^= mask
            yield bytes(changed)
