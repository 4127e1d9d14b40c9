"""The report as a web page, a module for each part. Only `utt report --html` imports it."""
