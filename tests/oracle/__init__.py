"""Ours beside the utt that is published: the same logs, the same command lines, the same answers.

`make test` has forty made-up cases, `make soak PYTEST_ARGS=tests/oracle` a thousand; `--seed` chooses which.
"""
