"""The graph of plugins and contributions: who brings what, and whom that overrides or wraps; as Mermaid or DOT text.

Source: Mermaid documentation, "Flowcharts"; Graphviz documentation, "The DOT Language".
"""

from __future__ import annotations

from dataclasses import dataclass

from pegboard._typing import TYPE_CHECKING
from pegboard.ledger import DECORATOR, MIDDLEWARE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pegboard.tools.inspection.survey import Survey

BRINGS, OVERRIDES, WRAPS, LOSES, AFTER = "brings", "overrides with", "wraps", "does not get", "comes after"


@dataclass(frozen=True, slots=True)
class Node:
    """A plugin, the application, or something that is contributed."""

    id: str
    """`plugin:NAME`, `application`, or `KIND:NAME`."""
    label: str
    is_plugin: bool
    state: str
    """A plugin's state; empty for a contribution."""


@dataclass(frozen=True, slots=True)
class Edge:
    """What one node has to do with another."""

    start: str
    end: str
    label: str
    """`brings`, `overrides with`, `wraps`, `does not get`, or `comes after`."""


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes and edges, in the order of plugins."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def graph_of(survey: Survey, *, only: Sequence[str] = ()) -> Graph:
    """Return the graph of *survey*; with *only*, of these plugins and what they have to do with."""
    names = {plugin.name for plugin in survey.plugins}
    nodes = {
        f"plugin:{plugin.name}": Node(f"plugin:{plugin.name}", _label(plugin), True, plugin.state)
        for plugin in survey.plugins
    }
    nodes["application"] = Node("application", survey.application, True, "active")
    edges: list[Edge] = []
    for claim in survey.claims:
        owner = f"plugin:{claim.plugin}" if claim.plugin else "application"
        kind = "component" if claim.kind in (DECORATOR, MIDDLEWARE) else claim.kind
        node = Node(f"{kind}:{claim.name}", f"{kind} {claim.name}", False, "")
        nodes.setdefault(node.id, node)
        if not claim.is_in_use:
            label = LOSES
        elif claim.kind in (DECORATOR, MIDDLEWARE):
            label = WRAPS
        else:
            label = OVERRIDES if claim.overrides else BRINGS
        edges.append(Edge(owner, node.id, label))
    for plugin in survey.plugins:
        here = f"plugin:{plugin.name}"
        edges += [Edge(here, f"plugin:{name}", AFTER) for name in plugin.after if name in names]
        edges += [Edge(f"plugin:{name}", here, AFTER) for name in plugin.before if name in names]
    if only:
        chosen = {f"plugin:{name}" for name in only}
        touched = {edge.end for edge in edges if edge.start in chosen} | chosen
        edges = [edge for edge in edges if edge.start in chosen or edge.end in touched]
    used = {edge.start for edge in edges} | {edge.end for edge in edges} | {f"plugin:{name}" for name in only}
    if not only:
        used |= {node.id for node in nodes.values() if node.is_plugin and node.id != "application"}
    return Graph(tuple(node for node in nodes.values() if node.id in used), tuple(dict.fromkeys(edges)))


def _label(plugin: object) -> str:
    name, distribution = getattr(plugin, "name", ""), getattr(plugin, "distribution", None)
    version = getattr(plugin, "version", None)
    return f"{name} ({distribution} {version})" if distribution else str(name)


def as_mermaid(graph: Graph) -> str:
    """Return *graph* as a Mermaid flowchart."""
    short = {node.id: f"n{number}" for number, node in enumerate(graph.nodes)}
    lines = ["flowchart LR"]
    for node in graph.nodes:
        text = _for_mermaid(node.label + (f" [{node.state}]" if node.state else ""))
        lines.append(f'    {short[node.id]}["{text}"]' if node.is_plugin else f'    {short[node.id]}(["{text}"])')
    for edge in graph.edges:
        arrow = "-.->" if edge.label in (LOSES, AFTER) else "-->"
        label = "" if edge.label == BRINGS else f'|"{edge.label}"|'
        lines.append(f"    {short[edge.start]} {arrow}{label} {short[edge.end]}")
    return "\n".join(lines)


def _for_mermaid(text: str) -> str:
    """Return *text* with entity codes for whatever is not plainly a letter, a digit or harmless."""
    return "".join(
        letter if letter.isalnum() or letter in " .:-_()[]" else f"#{ord(letter)};" for letter in " ".join(text.split())
    )


def as_dot(graph: Graph) -> str:
    """Return *graph* in the DOT language."""
    lines = ["digraph plugins {", "    rankdir=LR;", '    node [fontname="sans-serif"];']
    for node in graph.nodes:
        shape = "box" if node.is_plugin else "ellipse"
        text = node.label + (f" [{node.state}]" if node.state else "")
        lines.append(f"    {_for_dot(node.id)} [label={_for_dot(text)}, shape={shape}];")
    for edge in graph.edges:
        style = ", style=dashed" if edge.label in (LOSES, AFTER) else ""
        label = "" if edge.label == BRINGS else edge.label
        lines.append(f"    {_for_dot(edge.start)} -> {_for_dot(edge.end)} [label={_for_dot(label)}{style}];")
    return "\n".join([*lines, "}"])


def _for_dot(text: str) -> str:
    escaped = " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
