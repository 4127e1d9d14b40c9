"""Tools: what does a person ask of an application's plugins?

In: a host, and a question or an order. Out: plain data, a page, a change of settings or of the environment.
Nothing below this folder imports it; a start never does.
"""
