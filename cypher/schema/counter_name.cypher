// One counter provides the ids of classes.
// params:  none
// returns: nothing
CREATE CONSTRAINT counter_name IF NOT EXISTS FOR (counter:Counter) REQUIRE counter.name IS UNIQUE
