"""What is there? Plugins, contributions and who provides what, as plain data, without importing any plugin."""
