"""What does the user want: which plugins run, and in which order?

`plugins.toml` and the environment come in, and the plugins that there are.
A `Policy` goes out, the plugins in their order, and an error for each setting and wish that cannot be followed.
"""
