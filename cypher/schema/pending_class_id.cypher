// Finds a class that is being written.
// params:  none
// returns: nothing
CREATE CONSTRAINT pending_class_id IF NOT EXISTS FOR (class:PendingClass) REQUIRE class.id IS UNIQUE
