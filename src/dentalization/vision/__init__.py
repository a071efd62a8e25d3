"""A picture in, findings out: detectors, what is known about them, and the words for what they find."""
