// The version of the Graph Data Science library on the server.
// params:  none
// returns: version
RETURN gds.version() AS version
