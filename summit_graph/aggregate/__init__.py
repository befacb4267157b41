"""Images and a model -> counts of top channels and top influences, per class (paper 5.1, 5.2).

::

    Dataset ──plan_pieces──> Piece ──one per batch──> Task ──BatchCounter──> BatchCounts
              (pieces)                  (run)                (batches)           │ add
                                                                                 v
    ClassTables <──to_tables── PieceCounts of a class <──add── PieceCounts <──> PieceStore
                    (cells)

- ``run``: ``count_classes``, the entry point, and the loop over classes.
- ``work``: ``Job`` (what all batches have in common), ``Task`` (one batch), waiting for a result.
- ``pieces``: a piece is a part of one class. Its counts are stored when finished, so a run resumes.
- Who counts a task: ``workers`` (processes on the CPU) or ``decode_elsewhere`` (processes decode for a GPU).
- ``torchrun`` divides a run among processes and machines.
- ``batches``: forward pass, ``activations``, influences, accuracy and ``top_images`` of one batch.
- By relevance: ``first_pass`` writes ``baselines``, ``gradients`` runs backward, ``relevance`` counts.
- ``top_terms``: which terms of a sum contribute most, and their cells.
- Influences on a sum are counted by ``reference`` (the definition), ``fused_cpu`` or ``fused_gpu``, into
  ``cells``: one dense vector of counts.
"""
