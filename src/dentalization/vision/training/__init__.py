"""Training of detectors from a COCO data set. Needs the optional libraries of requirements-train.txt.

The server never imports this package.
"""
