"""The model's side of what agents talk to, on the loopback and without an account: what they sent is the truth.

A prompt says by words of its own how it is answered (`script`), each wire format is a module, and a journal keeps
what was received and when each answer began and ended. `python tests/programs/model_server --log FILE` runs it alone.
"""
