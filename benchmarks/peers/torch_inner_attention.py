"""PyTorch: inner attention with `nn.LSTM`, written the ways it is fast.

Three ways to read sentences of different lengths:

- "packed": `pack_padded_sequence`, sorted by length; no step is wasted, but
  PyTorch then makes every step of the LSTM by itself.
- "padded": plain batches, for which PyTorch calls oneDNN's LSTM. Padding at the
  end does not reach the words before it; the other direction is a second
  `nn.LSTM` that reads each sentence turned around in its own length.
- either with premises and hypotheses in one batch, or one after the other.

Batches hold pairs of about one length, as tfgen's do: chunks of 20 batches of
the shuffled pairs are sorted. Prediction sorts all pairs.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import nn
from torch.nn.utils import rnn

from benchmarks import bench, pairs

# Ids, padded with 0, and lengths of B sentences.
Sentences = tuple[torch.Tensor, torch.Tensor]


class Packed(nn.Module):
    """A bidirectional LSTM over packed sequences."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(
            pairs.EMBEDDING,
            pairs.UNITS,
            batch_first=True,
            bidirectional=True,
        )

    def forward(self, x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """[B, T, E] and [B] -> [B, T, 2 U], 0 past each sentence's end."""
        order = torch.argsort(lengths, descending=True, stable=True)
        packed = rnn.pack_padded_sequence(
            x[order], lengths[order], batch_first=True, enforce_sorted=True
        )
        y, _ = rnn.pad_packed_sequence(
            self.lstm(packed)[0], batch_first=True, total_length=x.shape[1]
        )
        return y[torch.argsort(order)]


class Padded(nn.Module):
    """The same from two LSTMs that do not see the padding."""

    def __init__(self) -> None:
        super().__init__()
        self.forwards = nn.LSTM(pairs.EMBEDDING, pairs.UNITS, batch_first=True)
        self.backwards = nn.LSTM(pairs.EMBEDDING, pairs.UNITS, batch_first=True)

    def forward(self, x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """[B, T, E] and [B] -> [B, T, 2 U]; anything past the end."""
        place = torch.arange(x.shape[1])
        last = lengths[:, None] - 1
        # Words in reverse; padding stays where it is.
        turned = torch.where(place <= last, last - place, place)[..., None]
        y_1, _ = self.forwards(x)
        y_2, _ = self.backwards(x.gather(1, turned.expand_as(x)))
        return torch.cat([y_1, y_2.gather(1, turned.expand_as(y_2))], dim=-1)


class InnerAttention(nn.Module):
    """The network of `pairs.py`."""

    def __init__(self, embeddings: torch.Tensor, reader: nn.Module) -> None:
        super().__init__()
        width = 2 * pairs.UNITS
        self.embedding = nn.Embedding.from_pretrained(embeddings, freeze=True)
        self.reader = reader
        self.w_y = nn.Linear(width, width, bias=False)
        self.w_h = nn.Linear(width, width, bias=False)
        self.w = nn.Linear(width, 1, bias=False)
        self.projection = nn.Linear(4 * width, pairs.PROJECTION)
        self.dropout = nn.Dropout(pairs.DROPOUT)
        self.logits = nn.Linear(pairs.PROJECTION, pairs.CLASSES)

    def encode(self, ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """[B, T] and [B] -> [B, 2 U]."""
        outside = (torch.arange(ids.shape[1]) >= lengths[:, None])[..., None]
        y = self.reader(self.embedding(ids), lengths)
        average = y.masked_fill(outside, 0).sum(1) / lengths[:, None]
        m = torch.tanh(self.w_y(y) + self.w_h(average)[:, None])
        score = self.w(m).masked_fill(outside, -torch.inf)
        alpha = torch.softmax(score, dim=1)
        return (alpha.mT @ y)[:, 0]

    def forward(
        self, premise: Sentences, hypothesis: Sentences, together: bool
    ) -> torch.Tensor:
        """Two times B sentences -> logits [B, 3]."""
        if together:
            ids = rnn.pad_sequence(
                [premise[0].T, hypothesis[0].T], batch_first=False
            )  # [T, 2, B]
            both = self.encode(
                ids.flatten(1).T, torch.cat([premise[1], hypothesis[1]])
            )
            p, h = both.chunk(2)
        else:
            p, h = self.encode(*premise), self.encode(*hypothesis)
        matched = torch.cat([p, h, p * h, p - h], dim=-1)
        return self.logits(self.dropout(torch.tanh(self.projection(matched))))


def cut(data: pairs.Pairs, index: np.ndarray) -> tuple[Sentences, Sentences]:
    """The pairs at `index`, no wider than they need be."""

    def side(ids, lengths):
        length = lengths[index]
        rows = ids[index, : length.max()]
        return torch.from_numpy(rows), torch.from_numpy(length).long()

    return (
        side(data.premise, data.premise_length),
        side(data.hypothesis, data.hypothesis_length),
    )


def by_length(data: pairs.Pairs, index: np.ndarray) -> np.ndarray:
    """Sorts `index` by the lengths of premise and hypothesis."""
    order = np.lexsort(
        (data.hypothesis_length[index], data.premise_length[index])
    )
    return index[order]


def batches(data: pairs.Pairs) -> Iterator[np.ndarray]:
    """Batches of pairs of about one length, for ever."""
    rng = np.random.default_rng(0)
    count, chunk = len(data.label), 20 * pairs.BATCH
    while True:
        order = rng.permutation(count)
        for start in range(0, count, chunk):
            part = by_length(data, order[start : start + chunk])
            pieces = part.reshape(-1, pairs.BATCH)
            yield from pieces[rng.permutation(len(pieces))]


def trainer(
    model: InnerAttention, data: pairs.Pairs, together: bool, threads: int
) -> bench.Work:
    """One step a call."""
    optimizer = torch.optim.RMSprop(
        [p for p in model.parameters() if p.requires_grad],
        lr=pairs.LEARNING_RATE,
        alpha=0.9,
        foreach=True,
    )
    label = torch.from_numpy(data.label).long()
    endless = batches(data)

    def step() -> torch.Tensor:
        with_threads(threads)
        model.train()
        index = next(endless)
        optimizer.zero_grad(set_to_none=True)
        logits = model(*cut(data, index), together)
        loss = nn.functional.cross_entropy(logits, label[index])
        loss.backward()
        optimizer.step()
        return loss.detach()

    return bench.Work(step, pairs.BATCH)


def predictor(
    model: InnerAttention, data: pairs.Pairs, together: bool, batch: int
) -> bench.Work:
    """All pairs a call."""
    count = len(data.label)
    order = by_length(data, np.arange(count))
    pieces = [cut(data, order[i : i + batch]) for i in range(0, count, batch)]

    def call() -> torch.Tensor:
        with_threads(ALL_THREADS)
        model.eval()
        with torch.inference_mode():
            parts = [model(*piece, together) for piece in pieces]
            return torch.cat(parts).softmax(-1)

    return bench.Work(call, count)


ALL_THREADS = torch.get_num_threads()


def with_threads(threads: int) -> None:
    if torch.get_num_threads() != threads:
        torch.set_num_threads(threads)


def build(data: pairs.Pairs, queries: pairs.Pairs) -> pairs.Bench:
    """Every combination; the runner finds the fastest."""
    embeddings = torch.from_numpy(pairs.make_embeddings())
    train, predict = {}, {}
    for name, reader in (("packed", Packed), ("padded", Padded)):
        for together in (False, True):
            torch.manual_seed(0)
            model = InnerAttention(embeddings, reader())
            way = f"{name}, {'together' if together else 'apart'}"
            for threads in sorted({1, ALL_THREADS}):
                train[f"{way}, {threads} threads"] = trainer(
                    model, data, together, threads
                )
            for batch in (128, 256, 512):
                predict[f"{way}, {batch} a batch"] = predictor(
                    model, queries, together, batch
                )
    return pairs.Bench({"torch": torch.__version__}, train, predict)
