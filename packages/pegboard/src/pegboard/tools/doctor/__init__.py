"""The doctor: what is wrong with the plugins, who causes it, and what can the user do about it?

In: a host that is not started. Out: findings, the worst first. `diagnosis` runs the checks, one module each in
`checks`. No plugin is imported in this process: `isolation` imports plugins in separate ones.
"""
