"""The version, in the one place that the program and the tests read."""

VERSION = "2.0.0"
