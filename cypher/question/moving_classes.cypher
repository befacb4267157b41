// The classes that move most between two layers' embeddings, each centred and scaled to the same size.
// needs:   positions
// params:  $network string (Network.name) · $lower string = mixed4d · $upper string = mixed4e · $limit int = 20
// returns: class, title, moved
MATCH (:Network {name: $network})-[:HAS_CLASS]->(class:Class)
WITH class, class['embedding_' + $lower] AS below, class['embedding_' + $upper] AS above
WHERE below IS NOT NULL AND above IS NOT NULL
WITH collect({class: class, below: below, above: above}) AS rows, avg(below[0]) AS below_x,
     avg(below[1]) AS below_y, avg(above[0]) AS above_x, avg(above[1]) AS above_y
UNWIND rows AS row
WITH row.class AS class, row.below[0] - below_x AS x0, row.below[1] - below_y AS y0,
     row.above[0] - above_x AS x1, row.above[1] - above_y AS y1
WITH collect({class: class, x0: x0, y0: y0, x1: x1, y1: y1}) AS rows,
     sqrt(avg(x0 ^ 2 + y0 ^ 2)) AS below_radius, sqrt(avg(x1 ^ 2 + y1 ^ 2)) AS above_radius
WHERE below_radius > 0 AND above_radius > 0
UNWIND rows AS row
RETURN row.class.name AS class, row.class.title AS title,
       sqrt((row.x1 / above_radius - row.x0 / below_radius) ^ 2
            + (row.y1 / above_radius - row.y0 / below_radius) ^ 2) AS moved
ORDER BY moved DESC, class
LIMIT $limit
