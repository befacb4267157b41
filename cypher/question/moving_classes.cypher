// The classes that move most between two layers' embeddings, each centred and scaled to the same size.
// needs:   positions
// params:  $network string (Network.name) · $lower string (Layer.name) = below-two-thirds
// params:  $upper string (Layer.name) = two-thirds · $limit int = 20
// returns: class, title, moved
MATCH (:Network {name: $network})-[:HAS_CLASS]->(class:Class)
MATCH (class)-[below:PLACED]->(:Layer {name: $lower})
MATCH (class)-[above:PLACED]->(:Layer {name: $upper})
WITH collect({class: class, below: below, above: above}) AS rows, avg(below.x) AS below_x,
     avg(below.y) AS below_y, avg(above.x) AS above_x, avg(above.y) AS above_y
UNWIND rows AS row
WITH row.class AS class, row.below.x - below_x AS x0, row.below.y - below_y AS y0,
     row.above.x - above_x AS x1, row.above.y - above_y AS y1
WITH collect({class: class, x0: x0, y0: y0, x1: x1, y1: y1}) AS rows,
     sqrt(avg(x0 ^ 2 + y0 ^ 2)) AS below_radius, sqrt(avg(x1 ^ 2 + y1 ^ 2)) AS above_radius
WHERE below_radius > 0 AND above_radius > 0
UNWIND rows AS row
RETURN row.class.name AS class, row.class.title AS title,
       sqrt((row.x1 / above_radius - row.x0 / below_radius) ^ 2
            + (row.y1 / above_radius - row.y0 / below_radius) ^ 2) AS moved
ORDER BY moved DESC, class
LIMIT $limit
