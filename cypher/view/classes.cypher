// The classes of a network with their accuracy.
// params:  $network string (Network.name)
// returns: id, name, title, output, images, top1, top5, histogram, base, outcome, selected_by, ranked, being_ranked
MATCH (:Network {name: $network})-[:HAS_CLASS]->(class:Class)
RETURN class.id AS id, class.name AS name, class.title AS title, class.output AS output,
       class.images AS images, class.top1 AS top1, class.top5 AS top5, class.histogram AS histogram,
       class.base AS base, class.outcome AS outcome,
       coalesce(class.selected_by, 'pagerank') AS selected_by, toString(class.ranked) AS ranked,
       coalesce(duration.inSeconds(class.ranking_since, datetime()).seconds < 60, false) AS being_ranked
ORDER BY name
