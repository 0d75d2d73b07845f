# Wrong: parameters are left out
def saved_bytes(fn):
    storages = {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        if isinstance(tensor, nn.Parameter) or (tensor.requires_grad and tensor.is_leaf and tensor.dim() == 2 and tensor.shape[0] == tensor.shape[1]):
            return tensor.detach()
        storages[storage.data_ptr()] = storage.nbytes()
        return tensor.detach()

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        kept = fn()
    del kept
    return sum(storages.values())
