"""Facts of vendor documents: the committed files, what changed in a page, and how a spec compares with them."""
