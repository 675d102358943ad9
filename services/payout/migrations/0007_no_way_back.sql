-- closes: what insurers are to be told of is noted by transaction (0006), in columns that older code does not know
select 1;
