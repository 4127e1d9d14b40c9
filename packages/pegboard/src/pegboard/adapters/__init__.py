"""Adapters: how do contributions reach somebody else's framework or engine?

In: a host's registries and container. Out: what the other framework calls, such as parsers of `argparse`.
An application that does not use a framework never imports its adapter.
"""
