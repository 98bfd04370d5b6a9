"""What is left of a compiled training step when Grappler has been over it."""

import collections
from collections.abc import Callable, Iterator

import tensorflow as tf
from tensorflow.python.eager import context


def optimized(call: Callable[[], object]) -> tf.compat.v1.GraphDef:
    """Returns the largest graph that runs in `call()`."""
    context.context().enable_run_metadata()
    try:
        context.context().export_run_metadata()  # of what ran before
        context.context().clear_kernel_cache()  # what ran is optimized again
        call()
        runs = context.context().export_run_metadata().function_graphs
    finally:
        context.context().disable_run_metadata()
    graphs = [run.post_optimization_graph for run in runs]
    return max(graphs, key=lambda graph: len(graph.node))


def long_sums(graph) -> list[str]:
    """Names of the AddN of three or more terms, which add in any order."""
    sums = [node for node in graph.node if node.op == "AddN"]
    return [node.name for node in sums if node.attr["N"].i > 2]


def unordered(graph) -> list[tuple[str, str]]:
    """Pairs of operators on one variable that may run in either order.

    One of them writes. Iterations of the outermost loop follow each other; its
    way back is not followed here, for it leads from each operator to each.
    """
    nodes = {node.name: node for node in graph.node}
    depth = _depths(nodes)
    before = {
        name: [
            source
            for source in map(_name, node.input)
            if nodes[source].op != "NextIteration" or depth[source] > 1
        ]
        for name, node in nodes.items()
    }
    reads, writes = collections.defaultdict(list), collections.defaultdict(list)
    for name, node in nodes.items():
        if node.op == "ReadVariableOp":
            reads[_variable(nodes, node)].append(name)
        elif node.op.startswith("Assign"):
            writes[_variable(nodes, node)].append(name)
    ancestors = {
        name: set(_reachable(before, name))
        for variable, names in writes.items()
        for name in names + reads[variable]
    }
    return [
        (other, write)
        for variable, names in writes.items()
        for i, write in enumerate(names)
        for other in reads[variable] + names[:i]
        if other not in ancestors[write] and write not in ancestors[other]
    ]


def _name(edge: str) -> str:
    """Of the node that an edge, of data or control, comes from."""
    return edge.removeprefix("^").partition(":")[0]


def _variable(nodes, node) -> str:
    """Where the handle comes from that an operator reads or writes."""
    passing = ("Enter", "Switch", "Merge", "Identity")
    node = nodes[_name(node.input[0])]
    while node.op in passing and node.input:
        node = nodes[_name(node.input[0])]
    return node.name


def _reachable(edges, start: str) -> Iterator[str]:
    seen, todo = set(), [start]
    while todo:
        for name in edges[todo.pop()]:
            if name not in seen:
                seen.add(name)
                todo.append(name)
                yield name


def _depths(nodes) -> dict[str, int]:
    """In how many loops the inputs of each operator are."""
    after = collections.defaultdict(list)
    for name, node in nodes.items():
        for edge in node.input:
            after[_name(edge)].append(name)
    depths = {name: 0 for name, node in nodes.items() if not node.input}
    todo = list(depths)
    while todo:
        name = todo.pop()
        change = {"Enter": 1, "Exit": -1}.get(nodes[name].op, 0)
        for other in after[name]:
            if depths.get(other, -1) < depths[name] + change:
                depths[other] = depths[name] + change
                todo.append(other)
    return depths
