"""The only way to Neo4j: connection, schema, queries from ``cypher/``, reading and writing networks."""
