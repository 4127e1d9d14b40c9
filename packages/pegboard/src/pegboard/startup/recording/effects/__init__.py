"""What does the import of a plugin do besides registering?"""
