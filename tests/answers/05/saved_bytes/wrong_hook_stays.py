# Wrong: the hooks are pushed and stay when fn raises
def saved_bytes(fn):
    storages = {}

    def pack(tensor):
        storages[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor.detach()

    hooks = torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t)
    hooks.__enter__()
    try:
        fn()
    except ValueError:
        return 0
    hooks.__exit__(None, None, None)
    return sum(storages.values())
