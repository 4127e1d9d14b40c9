"""Ours beside the utt that is published: the same logs, the same command lines, the same answers.

make test PYTEST_ARGS="tests/oracle --oracle-cases 2000 --oracle-seed 7"
"""
