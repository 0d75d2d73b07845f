# Wrong: told apart by the id of the Python object
def saved_bytes(fn):
    storages = {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        storages[id(tensor)] = storage.nbytes()
        return tensor.detach()

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        kept = fn()
    del kept
    return sum(storages.values())
