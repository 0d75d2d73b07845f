# Wrong: the result is counted too
def saved_bytes(fn):
    storages = {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        storages[storage.data_ptr()] = storage.nbytes()
        return tensor.detach()

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        kept = fn()
    storages[kept.untyped_storage().data_ptr()] = kept.untyped_storage().nbytes()
    del kept
    return sum(storages.values())
