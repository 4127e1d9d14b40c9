"""The graph of plugins and contributions: what each plugin adds, overrides and wraps; as Mermaid or DOT text.

Source: Mermaid documentation, "Flowcharts"; Graphviz documentation, "The DOT Language".
"""

from __future__ import annotations

from dataclasses import dataclass

from pegboard._typing import TYPE_CHECKING
from pegboard.ledger import ALL, COMPONENT, RULES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pegboard.tools.inspection.contributions import Claim
    from pegboard.tools.inspection.survey import PluginView, Survey

_WRAPPERS = tuple(kind for kind, rule in RULES.items() if rule == ALL)
BRINGS, OVERRIDES, WRAPS, LOSES, AFTER = "brings", "overrides with", "wraps", "does not get", "comes after"
IMPLEMENTS = "implements"


@dataclass(frozen=True, slots=True)
class Node:
    """A plugin, the application, or a contribution."""

    id: str
    """`plugin:NAME`, `application`, or `KIND:NAME`."""
    label: str
    is_plugin: bool
    state: str
    """A plugin's state; empty for a contribution."""


@dataclass(frozen=True, slots=True)
class Edge:
    """The relation of one node to another."""

    start: str
    end: str
    label: str
    """`brings`, `implements`, `overrides with`, `wraps`, `does not get`, or `comes after`."""


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes and edges, in the order of plugins."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def graph_of(survey: Survey, *, only: Sequence[str] = ()) -> Graph:
    """Return the graph of *survey*; with *only*, of these plugins and what they are related to."""
    plugins = [Node(_plugin_id(plugin.name), _label(plugin), True, plugin.state) for plugin in survey.plugins]
    nodes = {node.id: node for node in [*plugins, Node(_plugin_id(""), survey.application, True, "active")]}
    edges: list[Edge] = []
    for hook in survey.hooks:
        if hook.is_declared:
            node = Node(f"hook:{hook.name}", f"hook {hook.name}", False, "")
            nodes.setdefault(node.id, node)
            edges.append(Edge(_plugin_id(""), node.id, BRINGS))
    for claim in survey.claims:
        kind = COMPONENT if claim.kind in _WRAPPERS else claim.kind
        node = Node(f"{kind}:{claim.name}", f"{kind} {claim.name}", False, "")
        nodes.setdefault(node.id, node)
        edges.append(Edge(_plugin_id(claim.plugin), node.id, _relation(claim)))
    edges += _wishes(survey)
    shown = {_plugin_id(name) for name in only or [plugin.name for plugin in survey.plugins]}
    if only:
        touched = {edge.end for edge in edges if edge.start in shown} | shown
        edges = [edge for edge in edges if edge.start in shown or edge.end in touched]
    shown |= {end for edge in edges for end in (edge.start, edge.end)}
    return Graph(tuple(node for node in nodes.values() if node.id in shown), tuple(dict.fromkeys(edges)))


def _relation(claim: Claim) -> str:
    if not claim.is_in_use:
        return LOSES
    if claim.kind in _WRAPPERS or claim.role == "wrapper":
        return WRAPS
    if claim.implementation:
        return IMPLEMENTS
    return OVERRIDES if claim.overrides else BRINGS


def _wishes(survey: Survey) -> Iterator[Edge]:
    """Yield an edge for each wish about the order that names an installed plugin."""
    names = {plugin.name for plugin in survey.plugins}
    for plugin in survey.plugins:
        pairs = [(plugin.name, other) for other in plugin.after] + [(other, plugin.name) for other in plugin.before]
        yield from (Edge(_plugin_id(one), _plugin_id(other), AFTER) for one, other in pairs if {one, other} <= names)


def _plugin_id(name: str) -> str:
    return f"plugin:{name}" if name else "application"


def _label(plugin: PluginView) -> str:
    return f"{plugin.name} ({plugin.distribution} {plugin.version})" if plugin.distribution else plugin.name


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
    """Return *text* with entity codes for all but letters, digits and harmless signs."""
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
