// A network is identified by its name.
// params:  none
// returns: nothing
CREATE CONSTRAINT network_name IF NOT EXISTS FOR (network:Network) REQUIRE network.name IS UNIQUE
