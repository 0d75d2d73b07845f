# Right: a running total and a set of addresses; pack hands over a view
def saved_bytes(fn):
    seen, total = set(), 0

    def pack(tensor):
        nonlocal total
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in seen:
            seen.add(storage.data_ptr())
            total += len(storage)
        return (tensor.detach(),)

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda packed: packed[0]):
        result = fn()
    return int(total)
