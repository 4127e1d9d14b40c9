"""HTML pages: how is a page made that works as one file, without a network?

In: elements, a style, a script and data. Out: the text of one document, and the file that it is saved in.
The inspector and utt's HTML report are made with it. It knows nothing of plugins.
"""
