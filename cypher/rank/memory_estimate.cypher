// GDS's memory estimate for ranking one class, and the size of the server.
// params:  $channels int
// returns: bytes, processors, heap
CALL () {
  MATCH (class:Class|PendingClass)
  RETURN count(class) AS classes
}
CALL () {
  MATCH ()-[influence:INFLUENCES]->()
  RETURN count(influence) AS influences
}
WITH {
  nodeCount: $channels,
  relationshipCount: 2 * influences / CASE classes WHEN 0 THEN 1 ELSE classes END + 1,
  relationshipProperties: 'count'
} AS graph
CALL gds.graph.project.estimate('*', '*', graph) YIELD bytesMax AS projection
CALL gds.pageRank.stream.estimate(
  graph {.*, nodeProjection: '*', relationshipProjection: '*'},
  {relationshipWeightProperty: 'count'}
) YIELD bytesMax AS scores
CALL gds.debug.sysInfo() YIELD key, value
WITH projection + scores AS bytes, collect({key: key, value: value}) AS facts
RETURN bytes, head([fact IN facts WHERE fact.key = 'availableCPUs' | fact.value]) AS processors,
       head([fact IN facts WHERE fact.key = 'heapMaxInBytes' | fact.value]) AS heap
