"""Any convolutional classifier as data: its captured program, and the sums, stops and layers found in it.

1. ``capture`` runs ``torch.export``: the model becomes a list of operators.
2. ``operators`` describes what each operator does to channels (a ``Step``), with ``mixing``, ``arithmetic``
   and ``relays``; ``layouts`` follows where the channels of a tensor are.
3. ``flow`` keeps the steps on paths from the image to the logits.
4. ``sums`` finds the sums that a channel consists of, ``layers`` the stops and layers between them.
5. ``running`` computes values of the program, ``describing`` and ``names`` present it to people.
"""
