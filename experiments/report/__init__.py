"""Reports: the page of a comparison and the page of a design."""
