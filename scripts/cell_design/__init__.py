"""What `scripts/design_cells.py` is made of: measuring, optimising and writing out the cells."""
