"""In what state is each plugin?"""
