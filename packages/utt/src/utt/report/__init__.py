"""The report: a module for each section, with its model (the contents) and its view (the text)."""
