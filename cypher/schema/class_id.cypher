// A class has an id that is unique in the database, so that relationships can refer to it.
// params:  none
// returns: nothing
CREATE CONSTRAINT class_id IF NOT EXISTS FOR (class:Class) REQUIRE class.id IS UNIQUE
