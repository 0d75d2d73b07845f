# "Afterwards autograd saves as it did before, even if fn raised an error" (no finally: after an error the hooks stay)
def saved_bytes(fn):
    sizes = {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        sizes[storage.data_ptr()] = storage.nbytes()
        return tensor.detach()

    hooks = torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t)
    hooks.__enter__()
    fn()
    hooks.__exit__()
    return sum(sizes.values())
