// Classes that are being written, also those of killed writers.
// params:  none
// returns: id, network, name, writer, idle
MATCH (class:PendingClass)
RETURN class.id AS id, class.network AS network, class.name AS name, class.writer AS writer,
       duration.inSeconds(class.touched, datetime()).seconds AS idle
ORDER BY id
