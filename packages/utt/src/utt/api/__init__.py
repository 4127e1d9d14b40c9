"""What plugins may use, by version: `from utt.api import v1`."""
