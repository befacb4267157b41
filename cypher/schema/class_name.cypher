// A class is unique within its network.
// params:  none
// returns: nothing
CREATE CONSTRAINT class_name IF NOT EXISTS FOR (class:Class) REQUIRE (class.network, class.name) IS UNIQUE
