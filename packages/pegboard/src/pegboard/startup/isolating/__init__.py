"""Which plugins have an environment of their own, and how does that come about?

`lock` says what is in it, `candidates` finds the plugins there, and `found` is what runs in it for that.
"""
