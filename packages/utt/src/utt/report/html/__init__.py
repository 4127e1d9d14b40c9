"""The report as a web page: one module a part of it. Only `utt report --html` imports anything of this."""
