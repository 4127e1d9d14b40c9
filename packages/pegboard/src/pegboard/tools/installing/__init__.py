"""Which distributions of plugins are installed, and how are they changed, in whatever kind of environment?"""
