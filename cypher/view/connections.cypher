// Number of open connections to the server, including this one.
// params:  none
// returns: connections
CALL dbms.listConnections() YIELD connectionId
RETURN count(connectionId) AS connections
