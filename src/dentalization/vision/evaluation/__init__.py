"""How far a detector may be trusted: average precision, sensitivity, calibration, drawn and written down."""
