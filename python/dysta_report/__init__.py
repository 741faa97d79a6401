"""Figures, checked claims and the page of `dysta reproduce`, from the data that it leaves."""
