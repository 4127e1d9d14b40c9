"""An import has an effect if and only if something in it has one, wherever in the plugin that stands."""

from __future__ import annotations

import textwrap

from support.imports_judged import judged
from support.soak import sized

EFFECTS = (
    "core.handlers.append({n})",
    "core.table['k{n}'] = {n}",
    "core.options.colour = '{n}'",
    "core.version = '{n}'",
    "core.Plain.show = lambda self: {n}",
    "core.tree['sub']['deep'].append({n})",
    "core.configure(k{n}={n})",
    "core.register(print)",
    "import sys; sys.path.append('/p{n}')",
    "import os; os.environ['ACME_{n}'] = '1'",
    "import atexit; atexit.register(print, {n})",
    "import logging; logging.getLogger('acme.core').setLevel({n} + 1)",
    "import shelf; shelf.default = {n}",
)
HARMLESS = (
    "V{n} = [{n}]; V{n}.append(1)",
    "T{n} = {{'a': {n}}}; T{n}['b'] = 2",
    "import json; J{n} = json.dumps([{n}])",
    "import shelf; C{n} = shelf.Client(); C{n}.timeout = {n}",
    "O{n} = core.Options(); O{n}.colour = {n}; O{n}.paths.append({n})",
    "import re; R{n} = re.compile('a{{{n}}}')",
    "import logging; logging.getLogger(__name__).debug({n})",
    "core.cached({n})",
    "L{n} = list(core.handlers) + [{n}]",
    "import os; E{n} = os.environ.get('ACME_{n}')",
)
AROUND = (
    "{text}\n",
    "def f{n}():\n{inside}\nf{n}()\n",
    "class K{n}:\n{inside}\n",
    "for _ in range(2):\n{inside}\n",
    "try:\n    raise KeyError({n})\nexcept KeyError:\n{inside}\n",
    "if {n} >= 0:\n{inside}\n",
    "class C{n}:\n    def __init__(self):\n{deep}\nC{n}()\n",
    "exec({text!r})\n",
    "sorted([1], key=lambda _: exec({text!r}))\n",
    "import contextlib\nwith contextlib.suppress(KeyError):\n{inside}\n",
)


def plugin(chance, statements):
    text = ""
    for statement in statements:
        n = chance.randrange(2, 90)  # the application's version is 1: to assign what is there is no effect
        line = statement.format(n=n)
        inside = textwrap.indent(line, "    ")
        text += chance.choice(AROUND).format(text=line, inside=inside, deep=textwrap.indent(inside, "    "), n=n)
    return text


def test_random_plugins_with_and_without_effects_are_told_apart(tmp_path, chance):
    texts, has_effect = {}, {}
    for number in range(sized(30, 1_500)):
        statements = chance.choices(HARMLESS, k=chance.randrange(1, 6))
        name = str(number)
        if has_effect.setdefault(name, chance.random() < 0.5):
            statements.insert(chance.randrange(len(statements) + 1), chance.choice(EFFECTS))
        texts[name] = plugin(chance, statements)
    verdicts = judged(tmp_path, texts)
    wrong = [(texts[name], verdicts[name].words) for name in texts if bool(verdicts[name].effects) != has_effect[name]]
    assert wrong == []
