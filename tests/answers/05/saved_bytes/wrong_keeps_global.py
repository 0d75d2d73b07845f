# Wrong: a count that goes on from call to call
def saved_bytes(fn):
    storages = saved_bytes.__dict__.setdefault('storages', {})

    def pack(tensor):
        storage = tensor.untyped_storage()
        storages[storage.data_ptr()] = storage.nbytes()
        return tensor.detach()

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        kept = fn()
    del kept
    return sum(storages.values())
