"""The plugin whose code raised is to blame, whatever the code says its name is."""

import pytest

from pegboard.errors import PluginCallError

LIES = {
    "its name": "__name__ = 'app.plugins.innocent'\ndef fail(): 1 / 0\n",
    "its name, and its spec": "__name__ = 'app.plugins.innocent'\n__spec__ = None\ndef fail(): 1 / 0\n",
    "its name and its file": "__name__ = 'app.plugins.innocent'\n__file__ = '/innocent.py'\ndef fail(): 1 / 0\n",
    "the namespace of a function": "import types\ndef f(): 1 / 0\n"
    "fail = types.FunctionType(f.__code__, {'__name__': 'app.plugins.innocent', '__builtins__': __builtins__})\n",
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_plugin_cannot_put_the_blame_on_another(live_application, lie):
    live_application.plugin("innocent", "api.register('innocent', lambda function: function())\n")
    liar = live_application.plugin("liar", f"{lie}\napi.register('liar', fail)\n")
    host = live_application.start()
    things = live_application.things
    fail = things["liar"]
    with pytest.raises(PluginCallError) as caught:
        host.run(things.owner("innocent"), "helping", lambda: things["innocent"](fail))
    assert caught.value.plugin == "liar"
    assert str(liar) in caught.value.where()


def test_of_a_plugin_that_calls_another_the_innermost_is_to_blame(live_application):
    live_application.plugin("inner", "api.register('inner', lambda: 1 / 0)\n")
    live_application.plugin("outer", "from app import api\napi.register('outer', lambda inner: inner())\n")
    host = live_application.start()
    things = live_application.things
    with pytest.raises(PluginCallError) as caught:
        host.run(things.owner("outer"), "calling", lambda: things["outer"](things["inner"]))
    assert caught.value.plugin == "inner"
