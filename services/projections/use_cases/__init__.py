"""Building a generation of a read model beside the live one, and putting it in its place."""
