"""What does each plugin cost a start, and which import makes it slow?"""
