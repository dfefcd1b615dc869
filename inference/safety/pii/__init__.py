"""Personal data in what people write: nine kinds, found by rules. `find.find_pii` is the way in."""
