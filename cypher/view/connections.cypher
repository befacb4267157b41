// Number of open connections to the server, this one among them.
// params:  none
// returns: connections
CALL dbms.listConnections() YIELD connectionId
RETURN count(connectionId) AS connections
