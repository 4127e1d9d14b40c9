"""Which tests of the examples pytest runs; all install the example for real, see `conftest.py` at the root."""

# The plugin that the tutorial makes, with the tests that its reader writes: they run where the reader would run them,
# in an environment with the plugin, by tests/docs/test_pages.py.
collect_ignore = ["utt-focus/tests"]
