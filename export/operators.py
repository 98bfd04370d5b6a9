"""What a SavedModel's graph may do beside computing, read without loading it.

A graph is a program. TensorFlow has operators that read and write files, talk
to other machines and call Python, and runs them without asking.
"""

import os
import re
from collections.abc import Iterable, Iterator

from tensorflow.core.framework import node_def_pb2
from tensorflow.core.protobuf import meta_graph_pb2

from export.signature_defs import read_meta_graph

# What it may do -> names of operators, found anywhere in a name. Rather one too
# many than one too few.
_MAY = {
    "read and write files": "File|Save|Restore|Checkpoint|Record(Dataset|Reader"
    "|Input)|TFRecord|TextLine|LMDB|Sql|Snapshot|LoadDataset|LoadAndRemap"
    "|VocabRemapping|ImmutableConst|CacheDataset|Print|SummaryWriter"
    "|CreateSummary|^Write|Dump|ImportEvent|Reader",
    "talk to other machines": "DataService|RemoteCall|Rpc|Grpc|Collective"
    "|^_?(Host)?(Send|Recv)$|^Debug",
    "call Python": "PyFunc",
}
# What every SavedModel's own saver is made of.
_SAVERS = {"SaveV2", "RestoreV2", "MergeV2Checkpoints", "ShardedFilename"}


def warning(folder: str | os.PathLike) -> str:
    """Returns a line on what a SavedModel may do; "" if it only computes.

    Args:
      folder: of the SavedModel.

    Raises:
      UserError: there is none, or it is damaged.
    """
    found = _operators(read_meta_graph(folder))
    may = {
        what: sorted(op for op in found if re.search(names, op))
        for what, names in _MAY.items()
    }
    may = {what: ops for what, ops in may.items() if ops}
    if not may:
        return ""
    said = " and ".join(f"{w} ({', '.join(ops)})" for w, ops in may.items())
    return (
        f"{folder}: this model may {said}, with your rights; go on only if you"
        " trust who made it."
    )


def _operators(graph: meta_graph_pb2.MetaGraphDef) -> set[str]:
    """All operators of a graph, but for the saver's usual ones."""
    functions = {
        function.signature.name: function.node_def
        for function in graph.graph_def.library.function
    }
    saver = graph.saver_def
    ends = {saver.save_tensor_name, saver.restore_op_name}
    ends = {name.partition(":")[0] for name in ends}
    of_saver = [n for n in graph.graph_def.node if n.name in ends]
    others = [n for n in graph.graph_def.node if n.name not in ends]
    seen: set[str] = set()
    for name in graph.object_graph_def.concrete_functions:
        seen.add(name)
        others += functions.get(name, ())
    found = set(_reached(others, functions, seen))
    # What only the saver calls. Whatever nothing calls is not run.
    return found | (set(_reached(of_saver, functions, seen)) - _SAVERS)


def _reached(
    nodes: Iterable[node_def_pb2.NodeDef],
    functions: dict[str, Iterable[node_def_pb2.NodeDef]],
    seen: set[str],
) -> Iterator[str]:
    """Yields the operators of nodes, and of functions not seen before."""
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        yield node.op
        called = {node.op}
        for value in node.attr.values():
            called |= {f.name for f in [value.func, *value.list.func] if f.name}
        for name in called & functions.keys() - seen:
            seen.add(name)
            waiting += functions[name]
