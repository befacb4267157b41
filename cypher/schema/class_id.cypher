// A class has a number that is unique in the database, so that relationships can name it.
// params:  none
// returns: nothing
CREATE CONSTRAINT class_id IF NOT EXISTS FOR (class:Class) REQUIRE class.id IS UNIQUE
