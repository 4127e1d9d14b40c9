"""The report: one module a section, each with its model (what to say) and its view (how it looks)."""
