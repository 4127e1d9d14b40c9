"""What is wrong with the plugins of this environment, whose fault is it, and what mends it? One module a check."""
