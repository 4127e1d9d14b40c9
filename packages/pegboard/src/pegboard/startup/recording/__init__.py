"""When does a plugin's code run?"""
