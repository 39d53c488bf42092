"""The forms of pages, each with its reader: Markdown, an OpenAPI block, the text of an Apifox page."""
