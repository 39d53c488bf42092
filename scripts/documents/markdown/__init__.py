"""The structure of a Markdown page: blocks, passages under their headings, tables, and the words of labels."""
