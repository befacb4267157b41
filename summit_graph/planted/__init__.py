"""The planted world: drawn images of classes that are made of known parts, and two networks trained on it.

``painting`` draws single parts; ``classes`` says which parts a class has and draws its images, with or
without any of them; ``networks`` has the architectures; ``bundle`` finds the bundled folder ``world/``, which
``scripts/make_world.py`` makes; ``truths`` measures which part each channel responds to.
"""
