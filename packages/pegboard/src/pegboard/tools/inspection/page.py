"""The inspector's page, made from `inspector.inspector_data`. Without JavaScript it shows the same, unfiltered."""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.html.document import asset, document
from pegboard.html.element import element
from pegboard.tools.inspection.graph import AFTER, BRINGS, IMPLEMENTS, LOSES, OVERRIDES, WRAPS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any
    from xml.etree.ElementTree import Element

    Data = Mapping[str, Any]

GENERATOR = "pegboard plugins inspect"
_HERE = "pegboard.tools.inspection"
_TONES = {"broken": "bad", "quarantined": "bad", "eager": "eager", "active": "good"}
_DEPENDS_ON = {
    "files": "files",
    "variables": "environment variables",
    "packages": "packages",
    "missing": "the absence of",
}
_HELP = (
    "Arrow keys move, + and - zoom, 0 fits; drag to move, and choose a plugin to see only what it has to do with. "
    "The table below says the same in words."
)
_MINUS = "\N{MINUS SIGN}"
_SHOWN = 20
"""The rows of a long table that are shown at once."""


def page(data: Data) -> str:
    """Return the page as text."""
    sections = [
        ("errors", "Errors", _errors(data)),
        ("plugins", "Plugins", _plugins(data)),
        *([("hooks", "Hooks", _hooks(data))] if data["hooks"] else ()),
        ("graph", "Who overrides whom", _graph(data)),
        ("start", "What this start imported", _start(data)),
    ]
    links = [element("a", heading, href=f"#{key}") for key, heading, _ in sections]
    body = [
        element("a", "Skip to the plugins", class_="skip", href="#plugins"),
        element(
            "header",
            element("h1", "Plugins of ", _name(data["application"])),
            element("nav", *links, aria_label="Sections"),
            class_="page",
        ),
        element("main", _overview(data), *(_section(*each) for each in sections)),
        element(
            "footer",
            "Written by ",
            _command(data, "inspect"),
            ". It shows that moment; write it again to see what has changed.",
            class_="page",
        ),
    ]
    script, style = asset("inspector.js", _HERE), asset("inspector.css", _HERE)
    title = f"Plugins of {data['application']}"
    return document(title, body, style=style, script=script, data=data["graph"], generator=GENERATOR)


def _section(key: str, heading: str, content: Sequence[Element]) -> Element:
    first = element("h2", heading, id=f"{key}-heading")
    return element("section", first, *content, id=key, aria_labelledby=f"{key}-heading", tabindex="-1")


def _overview(data: Data) -> Element:
    counts = data["counts"]
    tiles = [_tile("plugin" if len(data["plugins"]) == 1 else "plugins", len(data["plugins"]), "")]
    tiles += [_tile(state, number, _TONES.get(state, "")) for state, number in counts.items()]
    tiles.append(_tile("ms to start", f"{data['start']['total_ms']:.0f}", ""))
    return element("section", element("dl", *tiles, class_="tiles"), aria_label="Overview")


def _tile(label: str, number: object, tone: str) -> Element:
    return element("div", element("dt", label), element("dd", str(number)), class_=f"tile {tone}".strip())


# -- errors -----------------------------------------------------------------------------------------------------------


def _errors(data: Data) -> list[Element]:
    if not data["faults"]:
        doctor = element("p", _command(data, "doctor"), " looks for other problems and their remedies.")
        return [element("p", "Nothing went wrong in this start."), doctor]
    faults = [element("li", _fault(fault), class_="card") for fault in data["faults"]]
    doctor = element("p", "Next: ", _command(data, "doctor"), " looks for the reasons.")
    return [element("ul", *faults, class_="plain"), doctor]


def _fault(fault: Data) -> Element:
    facts = [(label, _said(fault[label])) for label in ("cause", "where", "hint") if fault[label]]
    return element(
        "div",
        element("h3", fault["what"]),
        _facts([*facts, ("error", element("code", fault["code"]))]),
        class_="fault",
    )


# -- plugins ----------------------------------------------------------------------------------------------------------


def _plugins(data: Data) -> list[Element]:
    if not data["plugins"]:
        return [element("p", "This application has no plugins.")]
    shown = element(
        "p", _plural(len(data["plugins"]), "plugin"), ", in their order.", role="status", id="shown", class_="muted"
    )
    plugins = [_plugin(plugin) for plugin in data["plugins"]]
    listed = element("ul", *plugins, id="list", class_="plain card")
    found = [_filters(data["counts"]), shown, listed]
    if data["own_contributions"]:
        own = element("div", _contributions(data["own_contributions"]), class_="details")
        summary = element("summary", "What the application contributes itself")
        found.append(element("details", summary, own, class_="own"))
    return found


def _filters(counts: Mapping[str, int]) -> Element:
    states = [
        element("label", element("input", type="checkbox", value=state, checked="checked"), f"{state} ({number})")
        for state, number in counts.items()
    ]
    return element(
        "form",
        element(
            "div",
            element("label", "Filter by name, distribution or contribution", for_="filter"),
            element(
                "input",
                type="search",
                id="filter",
                autocomplete="off",
                spellcheck="false",
                aria_describedby="filter-help",
            ),
            element("span", "The arrow keys go from plugin to plugin.", id="filter-help", class_="help"),
            class_="field",
        ),
        element("fieldset", element("legend", "States"), *states, class_="chips"),
        role="search",
        aria_label="Plugins",
        hidden="",
        id="filters",
        class_="no-print",
    )


def _plugin(plugin: Data) -> Element:
    owner = f"{plugin['distribution']} {plugin['version']}" if plugin["distribution"] else plugin["source"]
    cost = "" if plugin["cost_ms"] is None else f"{plugin['cost_ms']:.1f} ms"
    summary = element(
        "summary",
        _name(plugin["name"]),
        _badge(plugin["state"]),
        element("span", owner, class_="owner muted"),
        element("span", _plural(len(plugin["contributions"]), "contribution"), class_="count muted"),
        element("span", cost, class_="cost muted number"),
    )
    details = [_facts(_plugin_facts(plugin, owner, cost))]
    if plugin["fault"]:
        details.append(_fault(plugin["fault"]))
    if plugin["contributions"]:
        details.append(_contributions(plugin["contributions"]))
    content = element("details", summary, element("div", *details, class_="details"))
    return element("li", content, data_state=plugin["state"])


def _plugin_facts(plugin: Data, owner: str, cost: str) -> list[tuple[str, Element | str]]:
    facts: list[tuple[str, Element | str]] = [
        ("why", _said(plugin["why"])),
        ("distribution", element("span", owner if plugin["distribution"] else f"none ({plugin['source']})")),
        ("module", element("code", plugin["module"])),
        ("file", element("code", plugin["origin"] or "-")),
        ("place", f"{plugin['place']} in the order of plugins"),
    ]
    facts += [(wish, ", ".join(plugin[wish])) for wish in ("after", "before") if plugin[wish]]
    facts += [
        ("depends on", element("span", f"{label} ", element("code", ", ".join(plugin["inputs"][key]))))
        for key, label in _DEPENDS_ON.items()
        if key in plugin["inputs"]
    ]
    if cost:
        facts.append(("import took", cost))
    if plugin["last_recorded_because"]:
        facts.append(("recorded", f"since {plugin['last_recorded_because']}"))
    if plugin["drifts"]:
        facts.append(("drift", f"registered something else than recorded, {_plural(plugin['drifts'], 'time')}"))
    return facts


def _contributions(claims: Sequence[Data]) -> Element:
    rows = [
        _row(
            element("code", f"{claim['kind']}:{claim['name']}", class_="find"),
            claim["status"],
            "; ".join(f"{key}: {value}" for key, value in _described(claim).items()),
        )
        for claim in claims
    ]
    return _plain_table("Contributions", ("contribution", "status", "metadata"), rows)


def _described(claim: Data) -> Data:
    function = {"function": claim["implementation"]} if claim["implementation"] else {}
    return {**function, **claim["metadata"]}


# -- hooks ------------------------------------------------------------------------------------------------------------


def _hooks(data: Data) -> list[Element]:
    return [
        element("p", _plural(len(data["hooks"]), "hook"), ", with what implements each, in the order of calls."),
        element("ul", *(element("li", _hook(hook), class_="card") for hook in data["hooks"]), class_="plain"),
    ]


def _hook(hook: Data) -> Element:
    words = [word for word in ("async", "announced", "concurrent") if hook[f"is_{word}"]]
    facts: list[tuple[str, Element | str]] = []
    if hook["is_declared"]:
        facts.append(("declaration", element("code", hook["signature"])))
        facts += [("description", _said(hook["description"]))] if hook["description"] else []
        facts += [("kind", ", ".join([hook["mode"], *words])), ("faults", hook["faults"])]
        facts.append(("where", element("code", hook["where"])))
    else:
        facts.append(("declaration", "none: the application does not declare it"))
    facts += [("not met", _said(wish)) for wish in hook["unmet"]]
    rows = [
        _row(_said(each["owner"]), each["state"], element("code", each["name"]), each["status"])
        for each in hook["implementations"]
    ]
    parts = [element("h3", hook["name"]), _facts(facts)]
    if rows:
        caption = f"Who implements {hook['name']}"
        parts.append(_table(caption, ("plugin", "state", "function", "status"), rows))
    else:
        parts.append(element("p", "No plugin implements it.", class_="muted"))
    return element("div", *parts, class_="hook")


# -- the graph --------------------------------------------------------------------------------------------------------


def _graph(data: Data) -> list[Element]:
    return [_drawing(), _relations(data["graph"])]


def _relations(graph: Data) -> Element:
    labels = {node["id"]: node["label"] for node in graph["nodes"]}
    contested = {edge["end"] for edge in graph["edges"] if edge["label"] in (OVERRIDES, WRAPS, LOSES)}
    rows = [
        _row(_said(labels[edge["start"]]), edge["label"], _said(labels[edge["end"]]))
        for edge in sorted(graph["edges"], key=lambda edge: edge["end"])
        if edge["end"] in contested or edge["label"] == AFTER
    ]
    if not rows:
        return element("p", "No plugin overrides or wraps what another one brings.", class_="muted")
    return _table("Everything that several plugins have to do with", ("plugin", "relation", "what"), rows)


def _drawing() -> Element:
    """Return the frame that the script draws the graph into."""
    parts = element(
        "select",
        element("option", "what is overridden or wrapped", value="contested"),
        element("option", "everything", value="all"),
        id="graph-part",
    )
    name = element("input", type="search", id="graph-only", autocomplete="off", spellcheck="false")
    zoom = (("+", "Zoom in"), (_MINUS, "Zoom out"), ("Fit", "Fit the graph into its frame"))
    buttons = [element("button", sign, type="button", data_zoom=sign, aria_label=label) for sign, label in zoom]
    tools = element(
        "form",
        element("div", element("label", "Only plugins whose name has", for_="graph-only"), name, class_="field"),
        element("div", element("label", "Show", for_="graph-part"), parts, class_="field"),
        element("div", *buttons, class_="buttons"),
        aria_label="Graph",
        class_="tools",
    )
    canvas = element(
        "div",
        id="canvas",
        tabindex="0",
        role="group",
        aria_label="Graph of plugins and contributions",
        aria_describedby="graph-help",
    )
    legend = [element("li", _line(key), label) for key, label in _EDGES.items()]
    return element(
        "div",
        tools,
        element("p", id="graph-shown", role="status", class_="muted"),
        canvas,
        element("ul", *legend, class_="legend", aria_label="Lines"),
        element("p", _HELP, id="graph-help", class_="help"),
        hidden="",
        id="drawing",
        class_="card no-print",
    )


_EDGES = {
    "brings": BRINGS,
    "implements": IMPLEMENTS,
    "overrides": OVERRIDES,
    "wraps": WRAPS,
    "loses": LOSES,
    "after": AFTER,
}


def _line(key: str) -> Element:
    path = element("path", d="M0 6 H28", class_=f"edge {key}")
    return element("svg", path, width="28", height="12", viewBox="0 0 28 12", aria_hidden="true")


# -- the start --------------------------------------------------------------------------------------------------------


def _start(data: Data) -> list[Element]:
    imports, whole = data["start"]["imports"], data["start"]["total_ms"]
    waiting = len(data["plugins"]) - len(imports)
    ending = f"; {waiting} did not have to be." if imports and waiting else "."
    count = f"{len(imports) or 'none'} of {_plural(len(data['plugins']), 'plugin')}"
    summary = element("p", f"It took {whole:.1f} ms, and imported {count}{ending}")
    more = element("p", _command(data, "profile"), " shows the milliseconds of each package that they import.")
    if not imports:
        return [summary, more]
    scale = max(whole, *(each["at_ms"] + each["total_ms"] for each in imports))
    if len(imports) <= _SHOWN:
        return [summary, _imports("In the order in which they began", imports, scale), more]
    every = element(
        "details",
        element("summary", f"All {len(imports)}, in the order in which they began"),
        _imports("All imports", imports, scale),
    )
    slowest = sorted(imports, key=lambda each: -each["own_ms"])[:_SHOWN]
    return [summary, _imports(f"The {_SHOWN} that took longest", slowest, scale), every, more]


def _imports(caption: str, imports: Sequence[Data], scale: float) -> Element:
    headings = ("plugin", "at ms", "own ms", "total ms", "when", "because")
    return _table(caption, headings, [_import(each, scale) for each in imports])


def _import(each: Data, scale: float) -> Element:
    start, width = each["at_ms"] / scale * 100, max(each["total_ms"] / scale * 100, 0.5)
    bar = element("rect", x=f"{min(start, 99.5):.2f}%", y="4", width=f"{width:.2f}%", height="8", rx="2", class_="bar")
    return element(
        "tr",
        element("td", _name(each["plugin"])),
        *(element("td", f"{each[key]:.1f}", class_="number") for key in ("at_ms", "own_ms", "total_ms")),
        element("td", element("svg", bar, width="100%", height="16", aria_hidden="true"), class_="when"),
        element("td", _said(each["because"])),
    )


# -- common parts -----------------------------------------------------------------------------------------------------


def _name(text: str) -> Element:
    return element("span", text, class_="name")


def _said(text: str) -> Element:
    return element("span", text, class_="said")


def _command(data: Data, name: str) -> Element:
    return element("code", f"{data['commands']} {name}")


def _row(*cells: Element | str) -> Element:
    return element("tr", *(element("td", cell) for cell in cells))


def _badge(state: str) -> Element:
    return element("span", state, class_=f"badge {_TONES.get(state, '')}".strip())


def _facts(facts: Sequence[tuple[str, Element | str]]) -> Element:
    return element("dl", *(part for label, said in facts for part in (element("dt", label), element("dd", said))))


def _table(caption: str, headings: Sequence[str], rows: Sequence[Element]) -> Element:
    """Return a table in a frame that scrolls, with the keyboard too."""
    table = _plain_table(caption, headings, rows)
    return element("div", table, class_="scroll", tabindex="0", role="region", aria_label=caption)


def _plain_table(caption: str, headings: Sequence[str], rows: Sequence[Element]) -> Element:
    heads = [element("th", text, scope="col", class_="number" if text.endswith(" ms") else None) for text in headings]
    head = element("thead", element("tr", *heads))
    return element("table", element("caption", caption), head, element("tbody", *rows))


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
