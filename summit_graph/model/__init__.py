"""Models: where they come from (``sources``), their programs (``program``) and what is counted (``counted``).

InceptionV1 is one model among others: a module (``inception``) with weights of several formats (``weights``).
"""
