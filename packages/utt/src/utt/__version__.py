"""The version of utt."""

VERSION = "2.0.0"
