// Retires the former state of a class, in the transaction that publishes the new one.
// params:  $network string (Network.name) · $name string
// returns: id
MATCH (former:Class {network: $network, name: $name})
OPTIONAL MATCH (:Network)-[has:HAS_CLASS]->(former)
DELETE has
REMOVE former:Class
SET former:RetiredClass
RETURN former.id AS id
