"""The engine of the container: how is a component built from what it needs, and when is it built again?

In: a key, and the contributions to it. Out: the component, which is kept until a contribution it depends on changes.
Imported when the first component is asked for.
"""
