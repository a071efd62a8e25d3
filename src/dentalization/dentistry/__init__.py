"""Words of the field: tooth notation, surfaces, conditions, and boxes on pictures; no input or output."""
