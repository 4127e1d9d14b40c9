"""Which plugins are there?"""
