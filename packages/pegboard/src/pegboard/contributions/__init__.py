"""What did plugins add?"""
