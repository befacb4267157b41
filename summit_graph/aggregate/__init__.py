"""Images and a model -> counts of top channels and top influences, per class (paper 5.1, 5.2).

A ``Job`` says what to count with which model. It is cut into ``Piece`` objects: parts of one class whose
counts are kept on disk when they are finished, so that a run resumes. A piece consists of batches; one batch
is one ``Task``. A process (``workers``), or this one fed by decoding processes (``decode_elsewhere``), turns
a task into ``BatchCounts``::

    Dataset --plan_pieces--> Piece --per batch--> Task --BatchCounter--> BatchCounts
                                                                              |  added up per piece
                              ClassTables <--to_tables-- PieceCounts <--------+  and per class

``run`` drives it class by class; ``torchrun`` spreads it over processes and machines. ``batches`` chooses the
kernel: ``reference`` (the definition), ``fused_cpu`` or ``fused_gpu``.
"""
