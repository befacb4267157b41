"""The local database server: a real Neo4j with GDS, without Docker or an installed Java.

``jars`` fetches the programs, ``files`` writes the configuration, ``local`` starts and stops the server,
``process`` looks after the running one, ``swap`` puts a newly built store in its place.
"""
