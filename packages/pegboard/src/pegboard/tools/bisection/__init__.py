"""Which plugin makes it fail? Found by halving."""
