"""Reads messages with the shipped heads: the HeadReader of an assessor.

Each adapter is folded into its own copy of MiniLM, so that one pass answers all heads that share it: a text is read by
`message` and `tags`, and by `exchange` together with what was said to it. A long text is read in windows and the window
that alarms most speaks for it; a message with history is read alone and after that history, and of a crisis the graver
reading holds. Knows no threshold.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from inference.contracts import Speaker
from inference.encoder.decisive import decisive
from inference.encoder.heads import ADAPTERS, EXCHANGE, MESSAGE, SEVERITIES, TAGS, Answer, HeadSpec
from inference.encoder.network import Answers, Network
from inference.encoder.priors import weighed
from inference.encoder.swift import SwiftEncoder
from inference.encoder.tokens import STEP, WINDOW, Piece, exchange, reading_tokenizer, shape_features, windows
from inference.errors import ModelError
from inference.models.catalogue import EMBEDDINGS, data_directory, folder_of, is_present
from inference.safety.detectors.given import Given, Reading, Tag

WEIGHTS = Path(__file__).parent / "weights"
WEIGHTS_FILE = "heads.safetensors"
CARD_FILE = "card.json"
HISTORY_TURNS = 3
"""Earlier messages, of both, that a message is read after."""
SAID_TURNS = 2
"""Earlier messages that an answer is read after in an exchange."""
LEAST_ALARM = 0.3
"""Probability of an alarm from which the sentence that it rests on is handed on."""
LEAST_TAG = 0.3
"""Probability from which a tag is handed on; detectors ask for more."""
SEVERITY = "crisis.severity"
CRISIS = frozenset({SEVERITY, "crisis.kind", "crisis.timeline"})
ALARM = "moderate"
"""The severity from which a message is a crisis."""
HELPERS = frozenset({Speaker.THERAPIST, Speaker.COMPANION})
ONLY_HELPERS = frozenset({"behaviour", "codes", "strategy", "technique"})
ONLY_OTHERS = frozenset({"talk"})
"""Heads that ask about one side's words only; the empathy heads read a helper's."""


def load_heads(
    data: Path | None = None, *, weights: Path = WEIGHTS, only: Collection[str] = tuple(ADAPTERS)
) -> "Heads | None":
    """The shipped heads on the fetched encoder, or None where either is not here. `only`: of these adapters."""
    folder = data or data_directory()
    present = [name for name in ADAPTERS if name in only and (weights / name / WEIGHTS_FILE).is_file()]
    if not present or not is_present(EMBEDDINGS, folder):
        return None
    return Heads(folder_of(EMBEDDINGS, folder), weights, present)


@dataclass(frozen=True)
class _Job:
    """One row to read: `at` is the message's place, `text` what its spans count in."""

    at: int
    piece: Piece


class Heads:
    """Every shipped adapter, ready to read. Used by one thread at a time."""

    def __init__(self, base: Path, weights: Path, adapters: Sequence[str]) -> None:
        """Raises ModelError where the weights are not these adapters'."""
        self._tokenizer = reading_tokenizer(base)
        self._networks: dict[str, Network] = {}
        self._encoders: dict[str, SwiftEncoder] = {}
        for name in adapters:
            network = _loaded(base, name, weights / name / WEIGHTS_FILE)
            first = next(iter(self._encoders.values()), None)
            self._encoders[name] = SwiftEncoder(network.encoder, beside=first)
            network.encoder = torch.nn.Identity()
            self._networks[name] = network
        self.versions = {name: version_of(weights / name) for name in adapters}

    def read(self, given: Sequence[Given]) -> list[Given]:
        """The same messages in the same order, with readings by head and tags."""
        if not given:
            return []
        readings: list[dict[str, Reading]] = [{} for _ in given]
        tags: list[tuple[Tag, ...]] = [() for _ in given]
        if TAGS in self._networks:
            tags = self._read_tags(given)
        if EXCHANGE in self._networks:
            self._read_exchanges(given, readings)
        if MESSAGE in self._networks:
            looked = self._read_messages(given, readings)
            tags = [(*own, *more) for own, more in zip(tags, looked, strict=True)]
        return [
            replace(each, readings=read, tags=tagged)
            for each, read, tagged in zip(given, readings, tags, strict=True)
        ]

    def warm_up(self) -> None:
        """The first run of every length is slow; let it be ours and not a person's."""
        for words in range(1, WINDOW, STEP // 2):
            self.read([Given("rain " * words, Speaker.SEEKER)])

    def _read_messages(
        self, given: Sequence[Given], readings: list[dict[str, Reading]]
    ) -> list[tuple[Tag, ...]]:
        """Fills in the readings; for every message that may alarm, the sentence that the severity rests on."""
        looked: list[tuple[Tag, ...]] = []
        jobs = []
        for at, each in enumerate(given):
            jobs += [_Job(at, piece) for piece in windows(self._tokenizer, each.text)]
            if each.history:
                before = "\n".join(message.text for message in each.history[-HISTORY_TURNS:])
                jobs.append(_Job(at, exchange(self._tokenizer, before, each.text)))
        answers = self._run(MESSAGE, [job.piece for job in jobs])
        chances = {spec.name: _chances(spec, answers.logits[spec.name]) for spec in ADAPTERS[MESSAGE]}
        for at in range(len(given)):
            rows = [row for row, job in enumerate(jobs) if job.at == at]
            alone = [row for row in rows if jobs[row].piece.kinds[-1] == 0]
            for spec in ADAPTERS[MESSAGE]:
                kept = _crisis(spec, chances, rows) if spec.name in CRISIS else _spoken(spec, chances, alone)
                readings[at][spec.name] = self._reading(MESSAGE, spec, kept)
            row = max(rows, key=lambda each: _alarm(chances[SEVERITY][each]))
            looked.append(
                _rests_on(
                    given[at].text, jobs[row].piece, answers.weights[SEVERITY][row], chances[SEVERITY][row]
                )
            )
        return looked

    def _read_exchanges(self, given: Sequence[Given], readings: list[dict[str, Reading]]) -> None:
        pieces = [
            exchange(self._tokenizer, "\n".join(m.text for m in each.history[-SAID_TURNS:]), each.text)
            for each in given
        ]
        answers = self._run(EXCHANGE, pieces)
        for spec in ADAPTERS[EXCHANGE]:
            chances = _chances(spec, answers.logits[spec.name])
            for at, each in enumerate(given):
                helper = each.speaker in HELPERS
                if spec.name in ONLY_OTHERS and helper:
                    continue
                if spec.name not in ONLY_OTHERS and not helper:
                    continue
                readings[at][spec.name] = self._reading(EXCHANGE, spec, chances[at])

    def _read_tags(self, given: Sequence[Given]) -> list[tuple[Tag, ...]]:
        jobs = [
            _Job(at, piece) for at, each in enumerate(given) for piece in windows(self._tokenizer, each.text)
        ]
        shapes = [shape_features(given[job.at].text, job.piece) for job in jobs]
        answers = self._run(TAGS, [job.piece for job in jobs], shapes)
        (spec,) = ADAPTERS[TAGS]
        chances = answers.logits[spec.name].float().softmax(-1)
        found: list[list[Tag]] = [[] for _ in given]
        for row, job in enumerate(jobs):
            found[job.at] += _tags(spec, chances[row], job.piece, given[job.at].text)
        return [_joined(each) for each in found]

    @torch.inference_mode()
    def _run(
        self, adapter: str, pieces: Sequence[Piece], shapes: Sequence[list[list[float]]] = ()
    ) -> Answers:
        """Rows of like length go together, so that their heads are padded little."""
        network, encoder = self._networks[adapter], self._encoders[adapter]
        order = sorted(range(len(pieces)), key=lambda row: len(pieces[row].ids))
        logits: dict[str, list[Tensor]] = {}
        weights: dict[str, list[Tensor]] = {}
        for first in range(0, len(order), _TOGETHER):
            chosen = order[first : first + _TOGETHER]
            states = encoder.states([pieces[row] for row in chosen])
            padded = torch.nn.utils.rnn.pad_sequence(states, batch_first=True)
            mask = torch.nn.utils.rnn.pad_sequence([torch.ones(len(row)) for row in states], batch_first=True)
            spelled = _padded([shapes[row] for row in chosen], padded.shape[1]) if shapes else None
            answered = network.answer(padded, mask, spelled)
            for name, values in answered.logits.items():
                logits.setdefault(name, []).extend(values)
            for name, values in answered.weights.items():
                weights.setdefault(name, []).extend(values)
        back = {row: at for at, row in enumerate(order)}
        in_order = {
            name: [values[back[row]] for row in range(len(order))] for name, values in weights.items()
        }
        return Answers({name: _in_order(values, back) for name, values in logits.items()}, in_order)

    def _reading(self, adapter: str, spec: HeadSpec, chances: Tensor) -> Reading:
        scores = {label: round(float(chance), 4) for label, chance in zip(spec.labels, chances, strict=True)}
        if spec.answer is Answer.ONE:
            scores = {label: round(score, 4) for label, score in weighed(spec.name, scores).items()}
        return Reading(scores, self.versions[adapter])

    @cached_property
    def heads(self) -> tuple[str, ...]:
        return tuple(spec.name for name in self._networks for spec in ADAPTERS[name])


_TOGETHER = 16


def version_of(folder: Path) -> str:
    """The card's version, or the beginning of the weights' hash where there is no card. Raises ModelError where the
    card cannot be read."""
    card = folder / CARD_FILE
    if card.is_file():
        try:
            return str(json.loads(card.read_text(encoding="utf-8"))["version"])
        except (ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{folder.name}: its card cannot be read") from error
    return hashlib.sha256((folder / WEIGHTS_FILE).read_bytes()).hexdigest()[:12]


def _loaded(base: Path, adapter: str, file: Path) -> Network:
    network = Network(base, adapter, trained=True)
    try:
        state = {name: tensor.float() for name, tensor in load_file(file).items()}
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{file.parent.name}: its weights cannot be read") from error
    wanted = {name: tensor.shape for name, tensor in network.small_state().items()}
    if {name: tensor.shape for name, tensor in state.items()} != wanted:
        raise ModelError(f"{file.parent.name}: these are not the weights of its heads")
    if not all(tensor.isfinite().all() for tensor in state.values()):
        raise ModelError(f"{file.parent.name}: some of its weights are not finite")
    network.load_state_dict(state, strict=False)
    return network.merged().eval()


def _chances(spec: HeadSpec, logits: Tensor) -> Tensor:
    return logits.sigmoid() if spec.answer is Answer.ANY else logits.softmax(-1)


def _alarm(severities: Tensor) -> float:
    return float(severities[SEVERITIES.index(ALARM) :].sum())


def _rests_on(text: str, piece: Piece, weights: Tensor, severities: Tensor) -> tuple[Tag, ...]:
    """The sentence that most of the attention is on, where an alarm is not far."""
    alarm = _alarm(severities)
    place = decisive(text, piece, weights) if alarm >= LEAST_ALARM else None
    return (Tag(SEVERITY, *place, round(alarm, 4)),) if place else ()


def _crisis(spec: HeadSpec, chances: Mapping[str, Tensor], rows: Sequence[int]) -> Tensor:
    """What several rows of one message say together of a crisis. Severity: at every level the row that holds it, or a
    graver one, likeliest. Kind and time: what the row says that most probably alarms."""
    severities = chances[SEVERITY][list(rows)]
    at_least = severities.flip(-1).cumsum(-1).flip(-1)
    if spec.name == SEVERITY:
        gravest = torch.nn.functional.pad(at_least.amax(0)[1:], (1, 1))
        gravest[0] = 1.0
        return (gravest[:-1] - gravest[1:]).clamp(min=0)
    return chances[spec.name][rows[int(at_least[:, SEVERITIES.index(ALARM)].argmax())]]


def _spoken(spec: HeadSpec, chances: Mapping[str, Tensor], rows: Sequence[int]) -> Tensor:
    """What the windows of one message say together: any label that one of them shows, or else the answer of the one
    least sure that there is nothing."""
    own = chances[spec.name][list(rows)]
    if spec.answer is Answer.ANY:
        return own.amax(0)
    nothing = next(spec.labels.index(label) for label in ("none", "no") if label in spec.labels)
    return own[int(own[:, nothing].argmin())]


def _in_order(values: Sequence[Tensor], back: dict[int, int]) -> Tensor:
    rows = [values[back[row]] for row in range(len(values))]
    if rows[0].dim() == 1:
        return torch.stack(rows)
    longest = max(len(row) for row in rows)
    return torch.stack([torch.nn.functional.pad(row, (0, 0, 0, longest - len(row))) for row in rows])


def _padded(shapes: Sequence[list[list[float]]], longest: int) -> Tensor:
    """In float32 by name: while another model loads, the thread's default may be another."""
    padded = torch.zeros((len(shapes), longest, len(shapes[0][0])), dtype=torch.float32)
    for row, each in enumerate(shapes):
        padded[row, : len(each)] = torch.tensor(each, dtype=torch.float32)
    return padded


def _tags(spec: HeadSpec, chances: Tensor, piece: Piece, text: str) -> list[Tag]:
    """Neighbouring tokens of one label as one stretch, as likely as its tokens are on average."""
    tags: list[Tag] = []
    label, start, end, scores = "", 0, 0, []
    for at, span in enumerate((*piece.spans, (0, 0))):
        here = ""
        if span != (0, 0):
            best = int(chances[at].argmax())
            here = spec.labels[best] if best and float(chances[at][best]) >= LEAST_TAG else ""
        apart = text[end : span[0]].strip(" ,.'-\n\t") != "" or (
            label != "address" and "\n" in text[end : span[0]]
        )
        if label and (here != label or apart):
            tags.append(Tag(label, start, end, round(sum(scores) / len(scores), 4)))
            label, scores = "", []
        if here:
            start = span[0] if not label else start
            label, end = here, span[1]
            scores = [*scores, float(chances[at][spec.labels.index(here)])]
    return tags


def _joined(tags: Sequence[Tag]) -> tuple[Tag, ...]:
    """In the order of the text; what two windows read of the same stretch as one, with the likelier score."""
    joined: list[Tag] = []
    for tag in sorted(tags, key=lambda each: (each.label, each.start, each.end)):
        last = joined[-1] if joined else None
        if last and last.label == tag.label and tag.start < last.end:
            joined[-1] = Tag(tag.label, last.start, max(last.end, tag.end), max(last.score, tag.score))
        else:
            joined.append(tag)
    return tuple(sorted(joined, key=lambda each: (each.start, each.end, each.label)))
