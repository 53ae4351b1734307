VERSION = "0.1.0"

#: Path of catalogue/words.txt, set by the composition root: app/words.py is a stage and forgets.
words_path = None
