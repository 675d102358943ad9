"""What adjudication does, one file each."""
