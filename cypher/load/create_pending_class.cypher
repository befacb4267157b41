// Creates a class that readers do not see until it is published.
// params:  $class int (Class.id) · $network string (Network.name) · $summary map (Class properties) · $writer string
// returns: nothing
CREATE (class:PendingClass)
SET class = $summary,
    class.id = $class,
    class.network = $network,
    class.writer = $writer,
    class.touched = datetime()
