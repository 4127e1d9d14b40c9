"""Which tests of the examples pytest collects. All of them install the example, see `conftest.py` at the root."""

# The tests of the tutorial's plugin run as its reader runs them, in an environment with the plugin:
# tests/docs/test_pages.py does that.
collect_ignore = ["utt-focus/tests"]
