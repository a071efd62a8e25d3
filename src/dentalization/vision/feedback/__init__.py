"""What dentists' reviews teach: how far they agree with a model, how sure it may be, its next data set."""
