# right: a running total and a set of addresses, entered and left by hand in try / finally
def saved_bytes(fn):
    known, total = set(), 0

    def pack(t):
        nonlocal total
        storage = t.untyped_storage()
        where = storage.data_ptr()
        total += 0 if where in known else storage.nbytes()
        known.add(where)
        return t.detach()

    hooks = torch.autograd.graph.saved_tensors_hooks(pack, torch.Tensor.detach)
    hooks.__enter__()
    try:
        result = fn()
    finally:
        hooks.__exit__(None, None, None)
    del result
    return total
