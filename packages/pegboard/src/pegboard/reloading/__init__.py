"""Taking plugins out of a running process, and putting them in again. Loaded when that is asked for."""
