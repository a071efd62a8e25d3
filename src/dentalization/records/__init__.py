"""Medical records that dentists write about their patients."""
