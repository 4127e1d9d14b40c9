"""Entries, activities, dates, durations: the rules of time tracking, without input and output."""
