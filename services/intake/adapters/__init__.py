"""Tables and topics of intake."""
