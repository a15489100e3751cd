"""The images, from the outside: what checks and tries them. Nothing of it is in an image, but `healthy.py`."""
