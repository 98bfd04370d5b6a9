"""Tables of classifiers of sentence pairs."""

from tfgen.tables.table import Row, Table


def _basic(name: str, paper: float, inputs: str) -> Row:
    overrides = ("network.attention=false", f"network.inputs={inputs}")
    return Row(name, paper, "inner_attention", overrides)


def _attention(name: str, paper: float, inputs: str) -> Row:
    overrides = ("network.attention=true", f"network.inputs={inputs}")
    return Row(name, paper, "inner_attention", overrides)


def _encoder(name: str, paper: float, cell: str) -> Row:
    return Row(name, paper, "sentence_encoder", (f"network.cell={cell}",))


def _pair_attention(name: str, paper: float, word_by_word: str) -> Row:
    overrides = (f"network.word_by_word={word_by_word}",)
    return Row(name, paper, "word_by_word", overrides)


def _snli(*rows: Row) -> Table:
    """Accuracy on the test split: SNLI's in the paper, any data's in ours."""
    return Table(rows, "paper, SNLI", {"accuracy": "ours"})


TABLES = {
    # Liu et al. 2016, arXiv:1605.09090. Sizes are those of the preset.
    # Input strategies of the basic model. The text below the table says that
    # doubling hypotheses helps; by the table's figures, premises do.
    "inner_attention_2": _snli(
        _basic("Original sequences", 83.24, "original"),
        _basic("Inverting premises", 82.60, "invert_premise"),
        _basic("Doubling premises", 83.66, "double_premise"),
        _basic("Doubling hypothesis", 82.83, "double_hypothesis"),
        _basic("Differentiating inputs", 83.72, "differentiate"),
    ),
    # Encoders over parse trees are not here.
    "inner_attention_3": _snli(
        _encoder("LSTM encoders", 80.6, "lstm"),
        _encoder("GRU encoders", 81.4, "gru"),
        Row("Tree-based CNN encoders", 82.1),
        Row("SPINN-NP encoders", 83.2),
        _basic("Basic model", 83.3, "original"),
        _attention("+ Inner-Attention", 84.2, "original"),
        _attention("+ Diversing input", 85.0, "differentiate"),
        _pair_attention("Static attention", 82.4, "false"),
        _pair_attention("Word-by-word attention", 83.5, "true"),
    ),
    # Ours: cells of one encoder, with and without the products of Wu et al.
    # 2016, arXiv:1606.06630.
    "multiplicative_integration": Table(
        (
            Row("LSTM", None, "sentence_encoder", ("network.cell=lstm",)),
            Row("MI-LSTM", None, "sentence_encoder", ("network.cell=mi_lstm",)),
            Row(
                "GRU",
                None,
                "sentence_encoder",
                ("network.cell=gru", "network.units=100"),
            ),
        ),
        "paper",
        {"accuracy": "accuracy"},
    ),
}
