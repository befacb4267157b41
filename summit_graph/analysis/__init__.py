"""Pure mathematics on counts and graphs: no files, no database, no model.

``selection`` picks a graph's channels from scores (paper 5.3), ``comparison`` intersects graphs,
``embedding`` lays classes out, ``specificity`` tests which channels mark a class, ``motifs`` finds recurring
structures.
"""
