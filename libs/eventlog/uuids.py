"""asyncpg's UUID: a subclass of the standard library's and equal to it, but read and written in C, ten times faster.

An event's ids are read and written at every stop on its way: with the standard class they were a tenth of what
decoding, hashing and publishing an event costs.
"""

from asyncpg.pgproto import pgproto

FastUUID = pgproto.UUID
