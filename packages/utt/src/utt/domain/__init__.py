"""What utt knows about time: entries, activities, dates, durations. No input, no output."""
