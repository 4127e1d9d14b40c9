"""The inspector's page, made of what `inspector.inspected` returns. Without JavaScript it says the same, unfiltered."""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.html.document import asset, document
from pegboard.html.element import element
from pegboard.tools.inspection.graph import AFTER, BRINGS, LOSES, OVERRIDES, WRAPS

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
"""Rows of a long table that are seen at once."""


def page(data: Data) -> str:
    """Return the page as text."""
    sections = [
        ("errors", "Errors", _errors(data)),
        ("plugins", "Plugins", _plugins(data)),
        ("graph", "Who overrides whom", _graph(data)),
        ("start", "What this start imported", _start(data)),
    ]
    title = f"Plugins of {data['application']}"
    links = [element("a", heading, href=f"#{key}") for key, heading, _ in sections]
    body = [
        element("a", "Skip to the plugins", class_="skip", href="#plugins"),
        element(
            "header",
            element("h1", "Plugins of ", _name(data["application"])),
            element("nav", *links, aria_label="Sections"),
            class_="page",
        ),
        element(
            "main",
            _overview(data),
            *(
                element(
                    "section",
                    element("h2", heading, id=f"{key}-heading"),
                    *content,
                    id=key,
                    aria_labelledby=f"{key}-heading",
                    tabindex="-1",
                )
                for key, heading, content in sections
            ),
        ),
        element(
            "footer",
            "Written by ",
            element("code", f"{data['commands']} inspect"),
            ". It shows that moment; write it again to see what has changed.",
            class_="page",
        ),
    ]
    script, style = asset("inspector.js", _HERE), asset("inspector.css", _HERE)
    return document(title, body, style=style, script=script, data=data["graph"], generator=GENERATOR)


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
    doctor = element(
        "p", "What is wrong, and what mends it, tells ", element("code", f"{data['commands']} doctor"), "."
    )
    if not data["faults"]:
        return [element("p", "Nothing went wrong in this start."), doctor]
    faults = [element("li", _fault(fault, "h3"), class_="card") for fault in data["faults"]]
    next_step = element("p", "Next: ", element("code", f"{data['commands']} doctor"), " looks for the reasons.")
    return [element("ul", *faults, class_="plain"), next_step]


def _fault(fault: Data, heading: str) -> Element:
    parts = [(label, fault[label]) for label in ("cause", "where", "hint") if fault[label]]
    return element(
        "div",
        element(heading, fault["what"]),
        _facts(
            [
                *((label, element("span", text, class_="said")) for label, text in parts),
                ("error", element("code", fault["code"])),
            ]
        ),
        class_="fault",
    )


# -- plugins ----------------------------------------------------------------------------------------------------------


def _plugins(data: Data) -> list[Element]:
    if not data["plugins"]:
        return [element("p", "This application has no plugins.")]
    states = [
        element("label", element("input", type="checkbox", value=state, checked="checked"), f"{state} ({number})")
        for state, number in data["counts"].items()
    ]
    form = element(
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
    shown = element(
        "p", _plural(len(data["plugins"]), "plugin"), ", in their order.", role="status", id="shown", class_="muted"
    )
    plugins = [_plugin(plugin) for plugin in data["plugins"]]
    listed = element("ul", *plugins, id="list", class_="plain card")
    if not data["own_contributions"]:
        return [form, shown, listed]
    own = _contributions(data["own_contributions"])
    summary = element("summary", "What the application contributes itself")
    return [form, shown, listed, element("details", summary, element("div", own, class_="details"), class_="own")]


def _plugin(plugin: Data) -> Element:
    state = plugin["state"]
    owner = f"{plugin['distribution']} {plugin['version']}" if plugin["distribution"] else plugin["source"]
    cost = "" if plugin["cost_ms"] is None else f"{plugin['cost_ms']:.1f} ms"
    summary = element(
        "summary",
        element("span", plugin["name"], class_="name"),
        _badge(state),
        element("span", owner, class_="owner muted"),
        element("span", _plural(len(plugin["contributions"]), "contribution"), class_="count muted"),
        element("span", cost, class_="cost muted number"),
    )
    facts: list[tuple[str, Element | str]] = [
        ("why", element("span", plugin["why"], class_="said")),
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
    details = [_facts(facts)]
    if plugin["fault"]:
        details.append(_fault(plugin["fault"], "h3"))
    if plugin["contributions"]:
        details.append(_contributions(plugin["contributions"]))
    return element("li", element("details", summary, element("div", *details, class_="details")), data_state=state)


def _contributions(claims: Sequence[Data]) -> Element:
    rows = [
        element(
            "tr",
            element("td", element("code", f"{claim['kind']}:{claim['name']}", class_="find")),
            element("td", claim["status"]),
            element("td", "; ".join(f"{key}: {value}" for key, value in claim["metadata"].items())),
        )
        for claim in claims
    ]
    return _plain_table("Contributions", ("contribution", "status", "metadata"), rows)


# -- the graph --------------------------------------------------------------------------------------------------------


def _graph(data: Data) -> list[Element]:
    labels = {node["id"]: node["label"] for node in data["graph"]["nodes"]}
    contested = {edge["end"] for edge in data["graph"]["edges"] if edge["label"] in (OVERRIDES, WRAPS, LOSES)}
    rows = [
        element(
            "tr",
            element("td", element("span", labels[edge["start"]], class_="said")),
            element("td", edge["label"]),
            element("td", element("span", labels[edge["end"]], class_="said")),
        )
        for edge in sorted(data["graph"]["edges"], key=lambda edge: edge["end"])
        if edge["end"] in contested or edge["label"] == AFTER
    ]
    if not rows:
        table = element("p", "No plugin overrides or wraps what another one brings.", class_="muted")
    else:
        table = _table("Everything that several plugins have to do with", ("plugin", "relation", "what"), rows)
    tools = [
        element(
            "div",
            element("label", "Only plugins whose name has", for_="graph-only"),
            element("input", type="search", id="graph-only", autocomplete="off", spellcheck="false"),
            class_="field",
        ),
        element(
            "div",
            element("label", "Show", for_="graph-part"),
            element(
                "select",
                element("option", "what is overridden or wrapped", value="contested"),
                element("option", "everything", value="all"),
                id="graph-part",
            ),
            class_="field",
        ),
        element(
            "div",
            *(
                element("button", sign, type="button", data_zoom=sign, aria_label=label)
                for sign, label in (("+", "Zoom in"), (_MINUS, "Zoom out"), ("Fit", "Fit the graph into its frame"))
            ),
            class_="buttons",
        ),
    ]
    legend = [element("li", _line(key), label) for key, label in _EDGES.items()]
    drawing = element(
        "div",
        element("form", *tools, aria_label="Graph", class_="tools"),
        element("p", id="graph-shown", role="status", class_="muted"),
        element(
            "div",
            id="canvas",
            tabindex="0",
            role="group",
            aria_label="Graph of plugins and contributions",
            aria_describedby="graph-help",
        ),
        element("ul", *legend, class_="legend", aria_label="Lines"),
        element("p", _HELP, id="graph-help", class_="help"),
        hidden="",
        id="drawing",
        class_="card no-print",
    )
    return [drawing, table]


_EDGES = {"brings": BRINGS, "overrides": OVERRIDES, "wraps": WRAPS, "loses": LOSES, "after": AFTER}


def _line(key: str) -> Element:
    path = element("path", d="M0 6 H28", class_=f"edge {key}")
    return element("svg", path, width="28", height="12", viewBox="0 0 28 12", aria_hidden="true")


# -- the start --------------------------------------------------------------------------------------------------------


def _start(data: Data) -> list[Element]:
    imports, whole = data["start"]["imports"], data["start"]["total_ms"]
    everyone = _plural(len(data["plugins"]), "plugin")
    waiting = len(data["plugins"]) - len(imports)
    ending = f"; {waiting} did not have to be." if imports and waiting else "."
    told = element("p", f"It took {whole:.1f} ms, and imported {len(imports) or 'none'} of {everyone}{ending}")
    more = element(
        "p", "Milliseconds by package, and who shares them, tells ", element("code", f"{data['commands']} profile"), "."
    )
    if not imports:
        return [told, more]
    headings = ("plugin", "at ms", "own ms", "total ms", "when", "because")
    scale = max(whole, *(each["at_ms"] + each["total_ms"] for each in imports))
    if len(imports) <= _SHOWN:
        rows = [_import(each, scale) for each in imports]
        return [told, _table("In the order in which they began", headings, rows), more]
    slowest = sorted(imports, key=lambda each: -each["own_ms"])[:_SHOWN]
    rows = [_import(each, scale) for each in imports]
    every = element(
        "details",
        element("summary", f"All {len(imports)}, in the order in which they began"),
        _table("All imports", headings, rows),
    )
    first = _table(f"The {_SHOWN} that took longest", headings, [_import(each, scale) for each in slowest])
    return [told, first, every, more]


def _import(each: Data, scale: float) -> Element:
    start, width = each["at_ms"] / scale * 100, max(each["total_ms"] / scale * 100, 0.5)
    bar = element("rect", x=f"{min(start, 99.5):.2f}%", y="4", width=f"{width:.2f}%", height="8", rx="2", class_="bar")
    return element(
        "tr",
        element("td", element("span", each["plugin"], class_="name")),
        *(element("td", f"{each[key]:.1f}", class_="number") for key in ("at_ms", "own_ms", "total_ms")),
        element("td", element("svg", bar, width="100%", height="16", aria_hidden="true"), class_="when"),
        element("td", element("span", each["because"], class_="said")),
    )


# -- parts of all -----------------------------------------------------------------------------------------------------


def _name(text: str) -> Element:
    return element("span", text, class_="name")


def _badge(state: str) -> Element:
    return element("span", state, class_=f"badge {_TONES.get(state, '')}".strip())


def _facts(facts: Sequence[tuple[str, Element | str]]) -> Element:
    return element("dl", *(part for label, said in facts for part in (element("dt", label), element("dd", said))))


def _table(caption: str, headings: Sequence[str], rows: Sequence[Element]) -> Element:
    """Return a table that can be wider or longer than its frame, which the keyboard can scroll."""
    table = _plain_table(caption, headings, rows)
    return element("div", table, class_="scroll", tabindex="0", role="region", aria_label=caption)


def _plain_table(caption: str, headings: Sequence[str], rows: Sequence[Element]) -> Element:
    heads = [element("th", text, scope="col", class_="number" if text.endswith(" ms") else None) for text in headings]
    head = element("thead", element("tr", *heads))
    return element("table", element("caption", caption), head, element("tbody", *rows))


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
